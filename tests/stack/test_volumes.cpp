// Real mounts under a real daemon, in a mount namespace of this program: nothing starts but on the volume
// that was meant, and not one byte is written beside it.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "support/catch.h"
#include "support/deadline.h"
#include "support/has.h"
#include "support/mounts.h"

#include <filesystem>

using namespace holdfast::test;

namespace {

constexpr const char* uuid = "1c8f2b5e-9f0a-4c7e-8a51-2b1f6d0c9e77";

/// One volume, `data`, and a service that keeps a file open on it and writes to it for as long as it runs, as
/// a database does: what opens its files anew may do so in the milliseconds before it is stopped.
class VolumeStack {
public:
  explicit VolumeStack(const std::string& keys, const std::string& more = "") {
    enter_private_mounts();
    std::filesystem::create_directory(point());
    write(keys, more);
  }
  ~VolumeStack() {
    while (is_mount(point()))
      unmount(point());
  }
  VolumeStack(const VolumeStack&) = delete;
  VolumeStack& operator=(const VolumeStack&) = delete;

  void write(const std::string& keys, const std::string& more = "") {
    directory_.write_services(
        shell_service("db", "exec >>" + point() + "/bytes; while :; do echo x; sleep 0.05; done",
                      "volumes: [data]\nstop: [{signal: SIGTERM, wait: 5s}]") +
        idle_service("front", "needs: [db]") + more);
    directory_.write("stack.d/volumes.yaml",
                     "persistence: {volumes: {data: {path: " + point() + ", " + keys + "}}}\n");
  }

  [[nodiscard]] std::string point() const { return directory_ / "data"; }
  [[nodiscard]] std::string image() const { return directory_ / "image"; }
  [[nodiscard]] const StackDirectory& directory() const { return directory_; }

  /// What is below the mounts, on the disk that must stay empty.
  [[nodiscard]] std::string on_root_disk() const {
    const std::string view = directory_ / "view";
    mount_at(view, {"--bind", directory_.path()});
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(view + "/data"))
      all += entry.path().string() + "\n";
    unmount(view);
    return all;
  }

private:
  StackDirectory directory_;
};

nlohmann::json volume(const RunningStack& stack) {
  return stack.status().at("volumes").at(0);
}

/// Until the volume is in this state.
bool becomes(const RunningStack& stack, const std::string& state) {
  return comes_true(15s, [&] { return volume(stack).at("state") == state; });
}

std::string why(const RunningStack& stack, const std::string& service) {
  return stack.service(service).at("why");
}

} // namespace

TEST_CASE("a service waits for its volume and starts by itself when it is mounted", "[volumes]") {
  const VolumeStack ground("type: ext4");
  make_ext4(ground.image(), uuid, "data");
  RunningStack stack(ground.directory());
  stack.events().wait_for("db", "waiting");
  REQUIRE(becomes(stack, "missing"));
  CHECK(has(why(stack, "db"), "volume data: " + ground.point() + " is a plain directory on the root disk ("));
  CHECK(has(why(stack, "db"), "); a mount of type ext4 was expected"));
  CHECK(stack.service("db").at("run") == 0);
  const auto listed = stack.command({"volume", "list"});
  CHECK(listed.code == 1);
  CHECK(has(listed.output, "missing"));
  const auto checked = stack.command({"check"});
  CHECK(checked.code == 1);
  CHECK(has(checked.output, "volumes.yaml:1:"));
  CHECK(has(checked.output, "/data is a plain directory on the root disk ("));
  CHECK(has(stack.command({"explain", "front"}).output, "is a plain directory on the root disk"));

  // Another file system than the one that was meant is no help.
  mount_tmpfs(ground.point());
  CHECK(becomes(stack, "foreign"));
  CHECK(has(why(stack, "db"), "is on none (tmpfs); type ext4 was expected"));
  unmount(ground.point());
  // Nor one that cannot be written to.
  mount_at(ground.point(), {"-o", "loop,ro", ground.image()});
  CHECK(becomes(stack, "read-only"));
  CHECK(stack.service("db").at("run") == 0);
  unmount(ground.point());

  mount_at(ground.point(), {"-o", "loop", ground.image()});
  stack.events().wait_for("", "working");
  CHECK(stack.service("db").at("run") == 1);
  CHECK(volume(stack).at("state") == "present");
  CHECK(volume(stack).at("size_bytes").get<std::uint64_t>() > 1'000'000);
  CHECK(volume(stack).at("used_by") == nlohmann::json{"db"});
  CHECK(stack.command({"volume", "list"}).code == 0);
  CHECK(stack.command({"check"}).failure() == "");
  CHECK(comes_true(5s, [&] { return std::filesystem::exists(ground.point() + "/bytes"); }));
  CHECK(stack.stop() == 0);
  CHECK(ground.on_root_disk() == "");
  CHECK(left_of(ground.directory()) == "");
}

TEST_CASE("a volume that goes away stops what uses it in order, and brings it back", "[volumes]") {
  const VolumeStack ground("type: ext4");
  make_ext4(ground.image(), uuid, "data");
  mount_at(ground.point(), {"-o", "loop", ground.image()});
  RunningStack stack(ground.directory());
  stack.events().wait_for("", "working");
  const auto lost = [&](const std::string& words) {
    stack.events().wait_for("front", "stopping");
    stack.events().wait_for("db", "stopping");
    stack.events().wait_for("db", "waiting");
    CHECK(has(why(stack, "db"), words));
    CHECK(stack.status().at("stack").at("door") == "closed");
    CHECK(processes_of(ground.directory().name(), "db").empty());
  };
  const auto back = [&](int run) {
    stack.events().wait_for("", "working");
    CHECK(stack.service("db").at("run") == run);
    CHECK(stack.service("db").at("restarts") == 0);
  };

  unmount(ground.point()); // lazily: its file is open
  lost(ground.point());
  mount_at(ground.point(), {"-o", "loop", ground.image()});
  back(2);

  mount_tmpfs(ground.point());
  lost("tmpfs");
  CHECK(std::filesystem::is_empty(ground.point()));
  unmount(ground.point());
  back(3);

  CHECK(stack.stop() == 0);
  CHECK(ground.on_root_disk() == "");
  CHECK(left_of(ground.directory()) == "");
}

TEST_CASE("a volume that becomes read-only stops who could not write any more", "[volumes]") {
  const VolumeStack ground("type: tmpfs", idle_service("idle", "volumes: [data]"));
  mount_tmpfs(ground.point());
  RunningStack stack(ground.directory());
  stack.events().wait_for("", "working");
  // With a file open for writing the kernel would refuse.
  CHECK(stack.command({"stop", "db"}).failure() == "");
  mount_at(ground.point(), {"-o", "remount,ro"});
  CHECK(has(stack.events().wait_for("idle", "stopping").why, "which has become read-only"));
  CHECK(becomes(stack, "read-only"));
  mount_at(ground.point(), {"-o", "remount,rw"});
  CHECK(stack.command({"start", "--no-wait"}).failure() == "");
  stack.events().wait_for("", "working");
  CHECK(stack.service("idle").at("run") == 2);
  CHECK(stack.stop() == 0);
}

TEST_CASE("an adopted volume is known again, and no other one is taken for it", "[volumes]") {
  const VolumeStack ground("type: tmpfs");
  std::string id;
  {
    RunningStack stack(ground.directory());
    stack.events().wait_for("db", "waiting");
    const auto missing = stack.command({"volume", "adopt", "data"});
    CHECK(missing.code == 1);
    CHECK(has(missing.output, "is a plain directory"));
    CHECK(has(stack.command({"volume", "adopt", "dta"}).output, "no volume \"dta\"; did you mean \"data\"?"));
    CHECK(std::filesystem::is_empty(ground.point()));
    mount_tmpfs(ground.point());
    stack.events().wait_for("", "working");
    const auto adopted = stack.command({"volume", "adopt", "data"});
    CHECK(adopted.failure() == "");
    id = volume(stack).at("marker");
    CHECK(id.size() == 32);
    CHECK(has(adopted.output, id));
    CHECK(has(stack.command({"events"}).output, "volume data adopted by root"));
    CHECK(stack.stop() == 0);
  }
  mount_tmpfs(ground.point()); // an empty one in its place
  RunningStack stack(ground.directory());
  stack.events().wait_for("db", "waiting");
  CHECK(becomes(stack, "foreign"));
  CHECK(has(why(stack, "db"), "the marker .holdfast-volume is missing"));
  CHECK(stack.service("db").at("run") == 0);
  CHECK(std::filesystem::is_empty(ground.point()));
  unmount(ground.point());
  stack.events().wait_for("", "working");
  CHECK(volume(stack).at("marker") == id);
  CHECK(stack.stop() == 0);
  CHECK(has(stack.command({"volume", "list"}).output, "present")); // the last that was known
  CHECK(stack.command({"volume", "list"}).code == 3);
  CHECK(left_of(ground.directory()) == "");
}

TEST_CASE("a reload that changes a volume has it looked at again", "[volumes]") {
  VolumeStack ground("type: tmpfs");
  mount_tmpfs(ground.point());
  RunningStack stack(ground.directory());
  stack.events().wait_for("", "working");
  ground.write("type: ext4");
  CHECK(has(stack.command({"reload", "--no-wait"}).output, "persistence.volumes.data.type: tmpfs -> ext4"));
  stack.events().wait_for("db", "stopping");
  stack.events().wait_for("db", "waiting");
  CHECK(has(why(stack, "db"), "type ext4 was expected"));
  ground.write("type: tmpfs");
  CHECK(stack.command({"reload"}).failure() == "");
  stack.events().wait_for("", "working");
  CHECK(stack.stop() == 0);
}

TEST_CASE("a service waits for a setting of the machine and says what mends it", "[volumes]") {
  VolumeStack ground("type: tmpfs", idle_service("big", "host: {vm.max_map_count: \">=99999999999\"}"));
  mount_tmpfs(ground.point());
  RunningStack stack(ground.directory());
  stack.events().wait_for("big", "waiting");
  CHECK(has(why(stack, "big"), "vm.max_map_count >=99999999999: it is "));
  CHECK(has(why(stack, "big"), "`sysctl -w vm.max_map_count=99999999999` sets it"));
  ground.write("type: tmpfs", idle_service("big", "host: {vm.max_map_count: \">=1\"}"));
  CHECK(stack.command({"reload"}).failure() == "");
  stack.events().wait_for("big", "ready");
  CHECK(stack.stop() == 0);
}
