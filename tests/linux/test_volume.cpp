// Looks at real mounts, in a namespace of this process.

#include "linux/volume.h"
#include "support/catch.h"
#include "support/mounts.h"
#include "support/scratch.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using holdfast::test::make_ext4;
using holdfast::test::mount_at;
using holdfast::test::mount_tmpfs;
using holdfast::test::unmount;
using wire::VolumeState;

namespace {

constexpr const char* uuid = "1c8f2b5e-9f0a-4c7e-8a51-2b1f6d0c9e77";
const std::string id = "0123456789abcdef0123456789abcdef";

/// A directory in a tmpfs, "the disk", whose mounts go with the test.
class Ground {
public:
  Ground() : path_(scratch_.path() + "/disk") { mount_tmpfs(path_); }
  ~Ground() { unmount(path_); }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string directory(const std::string& name) const {
    std::filesystem::create_directories(path_ + "/" + name);
    return path_ + "/" + name;
  }

private:
  test::Scratch scratch_;
  std::string path_;
};

wire::VolumeQuestion question(const std::string& path) {
  wire::VolumeQuestion asked;
  asked.path = path;
  asked.marker = ".holdfast-volume";
  return asked;
}

bool says(const wire::VolumeAnswer& answer, VolumeState state, const std::string& part) {
  INFO(word(answer.state) << ": " << answer.what);
  CHECK(answer.state == state);
  CHECK(answer.what.find(part) != std::string::npos);
  return answer.state == state && answer.what.find(part) != std::string::npos;
}

void write(const std::string& file, const std::string& text) {
  std::ofstream(file) << text;
}

std::vector<Mount> mounts() {
  return read_mountinfo().value();
}

} // namespace

TEST_CASE("volume: no directory, a file, a plain directory on the root disk and on another") {
  const Ground ground;
  auto asked = question(ground / "no");
  asked.source = "UUID=1c8f";
  CHECK(says(look_at_volume(asked), VolumeState::missing,
             "/no does not exist; a mount of UUID=1c8f was expected"));
  write(ground / "file", "");
  CHECK(says(look_at_volume(question(ground / "file")), VolumeState::missing, "is not a directory"));
  asked = question(ground.directory("plain"));
  asked.type = "ext4";
  CHECK(says(look_at_volume(asked), VolumeState::missing,
             "/plain is a plain directory on none (tmpfs), mounted at " +
                 (ground / "").substr(0, (ground / "").size() - 1) + "; a mount of type ext4 was expected"));
  CHECK(says(look_at_volume(question("/usr")), VolumeState::missing,
             "/usr is a plain directory on the root disk (" + linux_os::mount_at(mounts(), "/")->source +
                 "); a mount was expected"));
}

TEST_CASE("volume: what is mounted there is present, with its space, and through a link too") {
  const Ground ground;
  const std::string path = ground / "db";
  mount_tmpfs(path);
  auto asked = question(path);
  asked.type = "tmpfs";
  const auto seen = look_at_volume(asked);
  INFO(seen.what);
  CHECK(seen.state == VolumeState::present);
  CHECK(seen.what.empty());
  CHECK(seen.real_path == path);
  CHECK(seen.mount == linux_os::mount_at(mounts(), path)->id);
  CHECK(seen.size_bytes.value_or(0) > 0);
  CHECK(seen.free_bytes.value_or(0) <= seen.size_bytes.value_or(0));
  CHECK(seen.marker.empty());
  std::filesystem::create_directory_symlink(path, ground / "link");
  const auto linked = look_at_volume(question(ground / "link"));
  CHECK(linked.state == VolumeState::present);
  CHECK(linked.real_path == path);
  asked.type = "ext4";
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "/db is on none (tmpfs); type ext4 was expected"));
  unmount(path);
}

TEST_CASE("volume: read-only, as a mount or as a whole, is told") {
  const Ground ground;
  const std::string path = ground / "db";
  mount_tmpfs(path);
  const auto before = look_at_volume(question(path));
  CHECK(changed_since(before, mounts()).state == VolumeState::present);
  mount_at(path, {"-o", "remount,bind,ro"});
  CHECK(says(look_at_volume(question(path)), VolumeState::read_only, "which is read-only"));
  CHECK(changed_since(before, mounts()).state == VolumeState::read_only);
  mount_at(path, {"-o", "remount,bind,rw"});
  mount_at(path, {"-o", "remount,ro"});
  CHECK(says(look_at_volume(question(path)), VolumeState::read_only, "which is read-only"));
  unmount(path);
}

TEST_CASE("volume: unmounted or mounted over, the list of mounts tells it without a look") {
  const Ground ground;
  const std::string path = ground / "db";
  mount_tmpfs(path);
  const auto before = look_at_volume(question(path));
  mount_tmpfs(path);
  auto change = changed_since(before, mounts());
  CHECK(change.state == VolumeState::foreign);
  CHECK(change.what == "none (tmpfs) has been mounted at " + path);
  unmount(path);
  CHECK(changed_since(before, mounts()).state == VolumeState::present);
  // An open file holds a lazily unmounted file system; the path is another all the same.
  const std::ofstream held(path + "/held");
  unmount(path);
  change = changed_since(before, mounts());
  CHECK(change.state == VolumeState::missing);
  CHECK(change.what == path + " is not mounted any more");
}

TEST_CASE("volume: a directory of the root disk that is mounted once more is no volume, unless it is named") {
  const test::Scratch scratch; // on the root disk or not: what counts is where /usr is
  const std::string path = scratch.path() + "/bound";
  mount_at(path, {"--bind", "/usr"});
  CHECK(
      says(look_at_volume(question(path)), VolumeState::foreign, "is the directory /usr of the root disk ("));
  auto asked = question(path);
  asked.source = linux_os::mount_at(mounts(), "/")->source;
  CHECK(look_at_volume(asked).state == VolumeState::present);
  unmount(path);
}

TEST_CASE("volume: the source is compared by device, however it is named") {
  const Ground ground;
  const std::string path = ground / "db";
  make_ext4(ground / "image", uuid, "my data");
  mount_at(path, {"-o", "loop", ground / "image"});
  auto asked = question(path);
  asked.type = "ext4";
  asked.source = std::string("UUID=") + uuid;
  CHECK(says(look_at_volume(asked), VolumeState::foreign,
             " was expected, which no device of this machine has"));
  test::know_uuid(uuid, path);
  const auto seen = look_at_volume(asked);
  INFO(seen.what);
  CHECK(seen.state == VolumeState::present);
  CHECK(seen.file_system == uuid);
  asked.source = "UUID=0000";
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "/db is on /dev/loop"));
  asked.source = linux_os::mount_at(mounts(), path)->source;
  CHECK(look_at_volume(asked).state == VolumeState::present);
  asked.source = "/dev/null";
  CHECK(look_at_volume(asked).state == VolumeState::foreign);
  asked.source = "nfs.example.org:/repository";
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "; nfs.example.org:/repository was expected"));
  // The wrong one at the right place.
  mount_tmpfs(path);
  asked.source = std::string("UUID=") + uuid;
  asked.type.clear();
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "/db is on none (tmpfs); UUID="));
  unmount(path);
  unmount("/dev/disk");
  unmount(path);
}

TEST_CASE("volume: a plain directory is right where that is meant, on the file system that it was on") {
  const Ground ground;
  auto asked = question(ground.directory("plain"));
  asked.mounted = false;
  CHECK(look_at_volume(asked).state == VolumeState::present);
  const std::string path = ground / "db";
  make_ext4(ground / "image", uuid, "data");
  mount_at(path, {"-o", "loop", ground / "image"});
  test::know_uuid(uuid, path);
  asked.path = ground.directory("db/below");
  asked.known_file_system = uuid;
  const auto before = look_at_volume(asked);
  CHECK(before.state == VolumeState::present);
  CHECK(changed_since(before, mounts()).state == VolumeState::present);
  asked.known_file_system = "0000";
  CHECK(says(look_at_volume(asked), VolumeState::foreign,
             std::string("is on the file system ") + uuid + "; it was on 0000"));
  unmount("/dev/disk");
  unmount(path);
  CHECK(changed_since(before, mounts()).state == VolumeState::missing);
}

TEST_CASE("volume: a marker is a plain file with the id that is remembered") {
  const Ground ground;
  const std::string path = ground / "db";
  const std::string marker = path + "/.holdfast-volume";
  mount_tmpfs(path);
  auto asked = question(path);
  asked.known_marker = id;
  CHECK(
      says(look_at_volume(asked), VolumeState::foreign, "the marker .holdfast-volume is missing in " + path));
  write(marker, id + "\n");
  CHECK(look_at_volume(asked).marker == id);
  CHECK(look_at_volume(asked).state == VolumeState::present);
  asked.known_marker = std::string(32, 'f');
  CHECK(says(look_at_volume(asked), VolumeState::foreign,
             "has the id " + id + "; the volume that was there had ffff"));
  std::filesystem::remove(marker);
  write(ground / "elsewhere", id + "\n");
  std::filesystem::create_symlink(ground / "elsewhere", marker);
  asked.known_marker = id;
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "the marker .holdfast-volume is a symbolic link"));
  std::filesystem::remove(marker);
  REQUIRE(::mkfifo(marker.c_str(), 0600) == 0);
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "is not a plain file"));
  std::filesystem::remove(marker);
  write(marker, "no id\n");
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "holds no id"));
  write(marker, std::string(100'000, 'x'));
  CHECK(says(look_at_volume(asked), VolumeState::foreign, "larger than"));
  unmount(path);
}

TEST_CASE("volume: adoption makes a marker on the right volume, once, and nothing else") {
  const Ground ground;
  const std::string path = ground / "db";
  auto asked = question(ground.directory("db"));
  asked.adopt = true;
  const auto refused = adopt_volume(asked);
  CHECK(refused.refused.find("is a plain directory") != std::string::npos);
  CHECK(std::filesystem::is_empty(path));
  mount_tmpfs(path);
  const auto made = adopt_volume(asked);
  INFO(made.refused);
  REQUIRE(made.refused.empty());
  CHECK(made.state == VolumeState::present);
  CHECK(wire::is_marker_id(made.marker));
  CHECK(std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()) == 1);
  // One that is there stays, whether it is remembered or not.
  CHECK(adopt_volume(asked).marker == made.marker);
  asked.known_marker = made.marker;
  CHECK(adopt_volume(asked).marker == made.marker);
  asked.known_marker = id;
  const auto other = adopt_volume(asked);
  CHECK(other.refused.find("the volume that was there had " + id) != std::string::npos);
  CHECK(look_at_volume(question(path)).marker == made.marker);
  // A new disk in the place of one that is remembered: said on purpose, it is taken.
  std::filesystem::remove(path + "/.holdfast-volume");
  const auto anew = adopt_volume(asked);
  CHECK(anew.refused.empty());
  CHECK(anew.marker != made.marker);
  mount_at(path, {"-o", "remount,ro"});
  CHECK(adopt_volume(question(path)).refused.find("read-only") != std::string::npos);
  unmount(path);
}

TEST_CASE("volume: an adoption that is asked for again knows the marker that it made itself") {
  const Ground ground;
  const std::string path = ground / "db";
  auto asked = question(ground.directory("db"));
  asked.adopt = true;
  asked.known_marker = id; // of the disk that was there before; this one is new
  asked.marker_begins = "00000000deadbeef";
  mount_tmpfs(path);
  const auto made = adopt_volume(asked);
  REQUIRE(made.refused.empty());
  CHECK(wire::is_marker_id(made.marker));
  CHECK(made.marker.starts_with(asked.marker_begins));
  // Whoever asked was gone before it was remembered.
  const auto again = adopt_volume(asked);
  CHECK(again.refused.empty());
  CHECK(again.marker == made.marker);
  asked.marker_begins = "00000000deadbee0";
  CHECK(adopt_volume(asked).refused.find("the volume that was there had " + id) != std::string::npos);
  unmount(path);
}

TEST_CASE("volume: a disk without room for the marker keeps nothing of it") {
  const Ground ground;
  const std::string path = ground / "db";
  mount_at(path, {"-t", "tmpfs", "-o", "size=4k", "none"});
  write(path + "/all", std::string(4096, 'x'));
  const auto refused = adopt_volume(question(path));
  CHECK(refused.refused.find("No space left") != std::string::npos);
  CHECK(std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator()) == 1);
  unmount(path);
}
