#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"

#include <filesystem>
#include <fstream>
#include <sys/prctl.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::ptrdiff_t descriptors_of(int pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return std::distance(begin(all), end(all));
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
  // The same state twice, a hundred restarts apart: down, with the next leaf made. When the command is
  // answered, all that the failure led to has been done.
  stack.ask("stop a");
  REQUIRE(stack.tells("a 101 failed>down"));
  CHECK(comes_true([&] { return leaves_of(place, "a") == 1; }));
  const auto early = descriptors_of(stack.engine());
  stack.ask("start a");
  REQUIRE(stack.tells("a 202 "));
  REQUIRE(comes_true([&] { return stack.told().rfind(">failed") > stack.told().find("a 202 "); }));
  CHECK(comes_true([&] { return leaves_of(place, "a") == 1; }));
  CHECK(comes_true([&] { return descriptors_of(stack.engine()) <= early; }));
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
