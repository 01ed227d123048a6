// Services that end by themselves: delays that grow, a budget that ends, and what an operator reads then.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "support/catch.h"
#include "support/has.h"
#include "support/mounts.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

using namespace holdfast::test;

TEST_CASE("a service that exits at once: the delays grow, then it is failed, with its last lines",
          "[restarting]") {
  const StackDirectory directory;
  directory.write_services(
      idle_service("steady") +
      shell_service("broken", "echo the shop is closed >&2; exit 3",
                    "critical: false\nrestart: {delay: 50ms, up_to: 10s, jitter: 0%, budget: 4 in 1m}"));
  RunningStack stack(directory);
  const auto failed = stack.events().wait_for("broken", "failed", 30s);
  CHECK(failed.run == 5); // four charged restarts are allowed

  std::vector<int> delays;
  for (const auto& event : stack.events().all())
    if (event.service == "broken" && event.from == "backoff") delays.push_back(event.raw.at("took_ms"));
  REQUIRE(delays.size() == 4);
  CHECK(delays.front() >= 50);
  for (std::size_t n = 1; n < delays.size(); ++n)
    CHECK(delays[n] >= 50 << n);

  const auto entry = stack.service("broken");
  CHECK(entry.at("phase") == "failed");
  CHECK(entry.at("pid").is_null());
  CHECK(entry.at("restarts") == 4);
  CHECK(entry.at("last_exit").at("code") == 3);
  CHECK(stack.status().at("stack").at("verdict") == "degraded");
  const auto shown = stack.command({"status"});
  CHECK(shown.code == 0);
  CHECK(shown.output.find("failed") != std::string::npos);
  CHECK(shown.output.find("the shop is closed") != std::string::npos);
  CHECK(stack.service("steady").at("phase") == "ready");
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("a failed service is held until a command, which gives it a fresh budget", "[restarting]") {
  const StackDirectory directory;
  const std::string mended = directory / "mended";
  directory.write_services(idle_service("steady") +
                           shell_service("broken", "test -e " + mended + " || exit 1; exec sleep 100000",
                                         "critical: false\nready: {running: 200ms}\n"
                                         "restart: {delay: 10ms, budget: 1 in 1m}"));
  RunningStack stack(directory);
  stack.events().wait_for("broken", "failed", 30s);
  CHECK(stack.command({"start", "broken"}).code == 1);
  stack.events().wait_for("broken", "failed");
  directory.write("mended", "");
  CHECK(stack.command({"start", "broken"}).failure() == "");
  CHECK(stack.service("broken").at("phase") == "ready");
  CHECK(stack.stop() == 0);
}

TEST_CASE("a program that cannot be executed is failed at once, and the words say which and why",
          "[restarting]") {
  const StackDirectory directory;
  directory.write("program", "no program at all\n", 0755);
  directory.write_services(idle_service("steady") + "  absent:\n    command: [\"" + directory / "program" +
                           "\"]\n    user: root\n    critical: false\n");
  RunningStack stack(directory);
  const auto failed = stack.events().wait_for("absent", "failed", 30s);
  CHECK(failed.run == 1);
  CHECK(failed.why.find(directory / "program") != std::string::npos);
  CHECK(failed.why.find("Exec format error") != std::string::npos);
  CHECK(stack.stop() == 0);
}

TEST_CASE("start, stop and restart by name wait for the outcome", "[restarting]") {
  const StackDirectory directory;
  directory.write_services(idle_service("back") + idle_service("front", "needs: [back]"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");

  CHECK(stack.command({"stop", "back"}).failure() == "");
  CHECK(stack.service("back").at("phase") == "down");
  const auto waits = stack.service("front");
  CHECK(waits.at("phase") == "waiting");
  CHECK(waits.at("why").get<std::string>().find("back") != std::string::npos);
  CHECK(stack.status().at("stack").at("door") == "closed");

  CHECK(stack.command({"start", "back"}).failure() == "");
  stack.events().wait_for("", "working");
  CHECK(stack.command({"restart", "front"}).failure() == "");
  const auto front = stack.service("front");
  CHECK(front.at("phase") == "ready");
  CHECK(front.at("restarts") == 0);
  CHECK(stack.service("back").at("run") == 2);
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

namespace {

/// A directory on a disk of its own, which can be made to stand still.
class LogDisk {
public:
  explicit LogDisk(const StackDirectory& directory) : point_(directory / "log") {
    enter_private_mounts();
    const std::string image = directory / "logs.ext4";
    make_ext4(image, "6a3d5e0c-1f7b-4c57-9a51-0d2f3b8c7e11", "logs");
    mount_at(point_, {"-o", "loop", image});
  }
  ~LogDisk() {
    if (is_frozen_) static_cast<void>(run_program({"fsfreeze", "--unfreeze", point_}));
    unmount(point_);
  }
  LogDisk(const LogDisk&) = delete;
  LogDisk& operator=(const LogDisk&) = delete;

  void freeze() {
    REQUIRE(run_program({"fsfreeze", "--freeze", point_}).failure() == "");
    is_frozen_ = true;
  }
  void thaw() {
    REQUIRE(run_program({"fsfreeze", "--unfreeze", point_}).failure() == "");
    is_frozen_ = false;
  }

private:
  std::string point_;
  bool is_frozen_ = false;
};

/// How many different lines there are of each run, which is known by its pid.
std::map<std::string, std::set<std::string>> lines_by_run(const std::string& text) {
  std::map<std::string, std::set<std::string>> runs;
  std::istringstream lines(text);
  for (std::string time, word, pid, line; lines >> time >> word >> pid >> line;)
    if (word == "run") runs[pid].insert(line);
  return runs;
}

} // namespace

TEST_CASE("a log disk that stands still holds a start back, and costs no line though the engine dies",
          "[restarting]") {
  const StackDirectory directory;
  LogDisk disk(directory);
  directory.write_services(
      shell_service("talker", "i=0; while [ $i -lt 50 ]; do i=$((i + 1)); echo run $$ $i; done; : >" +
                                  directory.path() + "/written.$$; exec sleep 100000"));
  std::ptrdiff_t runs = 1;
  const auto written = [&](std::ptrdiff_t count) {
    const std::filesystem::directory_iterator all(directory.path());
    return std::count_if(begin(all), end(all), [](const auto& entry) {
             return entry.path().filename().string().starts_with("written.");
           }) == count;
  };
  {
    RunningStack stack(directory);
    stack.events().wait_for("", "working");
    REQUIRE(comes_true(10s, [&] { return written(1); }));
    disk.freeze();
    // Three runs that follow one another have room; the first of them may still have come into its file.
    const auto waits = [&] {
      return has(stack.output(), "talker: its start waits until the lines of an earlier run are in its log");
    };
    for (; runs < 5 && !waits(); ++runs) {
      CHECK(stack.command({"restart", "talker", "--no-wait"}).failure() == "");
      REQUIRE(comes_true(10s, [&] { return waits() || written(runs + 1); }));
    }
    CHECK(waits());
    stack.kill_engine();
    disk.thaw();
    REQUIRE(comes_true(20s, [&] { return written(runs); }));
    CHECK(stack.stop() == 0);
  }
  const auto logged = lines_by_run(contents(directory / "log/talker.log"));
  CHECK(std::ssize(logged) == runs);
  for (const auto& [pid, lines] : logged)
    CHECK(lines.size() == 50);
}
