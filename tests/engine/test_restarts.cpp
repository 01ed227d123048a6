#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/prctl.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// What a process has open, in order, without numbers: paths ("…/stack/a//cgroup.events" of any run), and of
/// what has none its kind ("socket:[]").
std::vector<std::string> open_in(int pid) {
  std::vector<std::string> open;
  std::error_code gone; // one that is closed meanwhile is told without its name
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::string what = std::filesystem::read_symlink(entry, gone).string();
    what.erase(std::remove_if(what.begin(), what.end(), [](char c) { return c >= '0' && c <= '9'; }),
               what.end());
    open.push_back(what);
  }
  std::sort(open.begin(), open.end());
  return open;
}

/// Whether the process holds the cgroup of the run; its `cgroup.events` is the last of it that it opens.
bool holds_leaf(int pid, const std::string& leaf) {
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
    if (std::filesystem::read_symlink(entry, gone) == leaf + "/cgroup.events") return true;
  return false;
}

/// What `late` has beyond `early`.
std::vector<std::string> gained(const std::vector<std::string>& early, const std::vector<std::string>& late) {
  std::vector<std::string> more;
  std::set_difference(late.begin(), late.end(), early.begin(), early.end(), std::back_inserter(more));
  return more;
}

/// Names of the cgroups of a service.
std::size_t leaves_of(const Place& place, const std::string& service) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(place.cgroup() + "/stack/" + service))
    count += entry.is_directory() && entry.path().filename() != "probe" ? 1U : 0U;
  return count;
}

} // namespace

TEST_CASE("restarts - a main process that is killed has a successor in a leaf of its own") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const auto first = stack.pids("a", 1);
  REQUIRE(first.size() == 1);
  REQUIRE(::kill(first[0], SIGKILL) == 0);
  REQUIRE(stack.tells("a 2 starting>ready"));
  CHECK(stack.pids("a", 2).size() == 1);
  CHECK(stack.pids("a", 2) != first);
  CHECK(comes_true([&] { return !std::filesystem::exists(stack.leaf("a", 1)); }));
  CHECK(stack.told().find("SIGKILL") != std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("restarts - what a run leaves behind is killed before the next one begins") {
  const Place place;
  auto a = Place::service("a", {"leave"});
  a.leftovers = 20ms;
  a.restart.budget = 2;
  a.critical = false;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells(">failed exit code 1"));
  for (int run = 1; run <= 3; ++run)
    CHECK(comes_true([&] { return !std::filesystem::exists(stack.leaf("a", run)); }));
  CHECK(stack.ends_well());
}

TEST_CASE("restarts - a leaf in which a service made cgroups of its own goes too") {
  const Place place;
  auto a = Place::service("a", {"nest", linux_os::cgroup_mount().value()});
  a.restart.budget = 2;
  a.critical = false;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("exit code 1"));
  REQUIRE(stack.tells(">failed exit code 1"));
  CHECK(comes_true([&] { return leaves_of(place, "a") == 1; }));
  CHECK(stack.ends_well());
}

TEST_CASE("restarts - two hundred leave no cgroup and no descriptor behind") {
  const Place place;
  auto a = Place::service("a", {"exit", "3"});
  // Never ready, so that each is charged.
  a.ready.running = 60s;
  a.restart.budget = 100;
  a.critical = false;
  StackUnderTest stack(place, place.stack({a, Place::service("b", {"run"})}));
  REQUIRE(stack.tells("b 1 starting>ready"));
  REQUIRE(stack.tells(">failed exit code 3"));
  // The same state twice, a hundred restarts apart: the next leaf is made.
  stack.ask("stop a");
  REQUIRE(stack.tells("a 101 failed>down"));
  CHECK(comes_true([&] { return leaves_of(place, "a") == 1; }));
  REQUIRE(comes_true([&] { return holds_leaf(stack.engine(), stack.leaf("a", 102)); }));
  const auto early = open_in(stack.engine());
  stack.ask("start a");
  REQUIRE(stack.tells("a 202 "));
  REQUIRE(comes_true([&] { return stack.told().rfind(">failed") > stack.told().find("a 202 "); }));
  CHECK(comes_true([&] { return leaves_of(place, "a") == 1; }));
  REQUIRE(comes_true([&] { return holds_leaf(stack.engine(), stack.leaf("a", 203)); }));
  std::vector<std::string> more;
  comes_true([&] { return (more = gained(early, open_in(stack.engine()))).empty(); });
  CHECK(more == std::vector<std::string>{});
  CHECK(stack.ends_well());
}

TEST_CASE("restarts - a birth that hangs silences nobody") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"}), Place::service("b", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(stack.tells("b 1 starting>ready"));
  // What is born into a frozen cgroup does not come as far as its exec, like a program on a dead disk.
  const std::string freezer = stack.leaf("a", 2) + "/cgroup.freeze";
  REQUIRE(comes_true([&] { return std::filesystem::exists(freezer); }));
  REQUIRE(static_cast<bool>(std::ofstream(freezer) << "1" << std::flush));
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGKILL) == 0);
  CHECK(stack.tells("a 2 backoff>starting"));
  REQUIRE(::kill(stack.pids("b", 1).at(0), SIGKILL) == 0);
  CHECK(stack.tells("b 2 backoff>starting"));
  CHECK(stack.told().find("a 2 starting>") == std::string::npos);
  REQUIRE(static_cast<bool>(std::ofstream(freezer) << "0" << std::flush));
  CHECK(stack.tells("a 2 starting>ready"));
  CHECK(stack.tells("b 2 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("restarts - an anchor that is killed takes the stack with it") {
  const Place place;
  auto a = Place::service("a", {"ignore"});
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const int engine = stack.engine();
  REQUIRE(::kill(stack.anchor(), SIGKILL) == 0);
  int status = 0;
  // The orphan became ours.
  REQUIRE(comes_true([&] { return ::waitpid(engine, &status, WNOHANG) == engine; }));
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 70);
  CHECK(comes_true([&] { return linux_os::pids_below(place.cgroup() + "/stack").empty(); }));
}

TEST_CASE("restarts - where no engine comes any more the anchor stops all in order") {
  const Place place;
  StackUnderTest stack(
      place, place.stack({Place::service("a", {"run"}), Place::service("b", {"family", place / "b"})}));
  REQUIRE(stack.tells("working"));
  REQUIRE(comes_true([&] { return stack.log("b") == "complete\n"; }));
  stack.lose_engines();
  CHECK(stack.exit_code() == 70);
  CHECK(linux_os::pids_below(place.cgroup() + "/stack").empty());
  CHECK(read_file(place / "b", 100).value() == "SIGTERM\n");
}

TEST_CASE("restarts - without an engine a service that writes while it stops does not die of it") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"farewell", place / "a"})}));
  REQUIRE(comes_true([&] { return stack.log("a") == "prepared\n"; }));
  stack.lose_engines();
  CHECK(stack.exit_code() == 70);
  CHECK(read_file(place / "a", 100).value() == "SIGTERM\n");
}
