#include "engine/door.h"

#include "engine/lock.h"
#include "engine/premises.h"
#include "stack_under_test.h"
#include "support/catch.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

struct Flag {
  Scratch scratch;
  boost::asio::io_context loop;
  std::vector<std::string> told;
  engine::Door door{loop, scratch.path(), false, [this](const std::string& line) { told.push_back(line); }};
  const std::string path = engine::door_flag(scratch.path());
};

/// One that says in its log at each start how it finds the door.
model::ServiceSpec looks_at_door(const Place& place) {
  auto service = Place::service("a", {});
  // Not before it has looked.
  service.ready.running = 100ms;
  service.program.command = {"/bin/sh", "-c",
                             "if [ -e " + engine::door_flag(place / "run") +
                                 " ]; then echo open; else echo closed; fi; exec sleep 100000"};
  return service;
}

/// How long after a SIGKILL to the run's main process the flag is gone.
std::chrono::steady_clock::duration closes_after_kill(const StackUnderTest& stack, const std::string& flag,
                                                      int run) {
  const auto pids = stack.pids("a", run);
  REQUIRE(pids.size() == 1);
  const auto killed = std::chrono::steady_clock::now();
  REQUIRE(::kill(pids[0], SIGKILL) == 0);
  while (fs::exists(flag))
    REQUIRE(std::chrono::steady_clock::now() - killed < patience);
  return std::chrono::steady_clock::now() - killed;
}

} // namespace

TEST_CASE("door - the flag is there while the door is open, for everybody to see") {
  Flag flag;
  REQUIRE(engine::close_door_of(flag.scratch.path()).ok());
  flag.door.open();
  struct stat info {};
  REQUIRE(::stat(flag.path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0644);
  REQUIRE(::stat((flag.scratch / "door").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0755);
  flag.door.close();
  CHECK(!fs::exists(flag.path));
  CHECK(flag.told.empty());
}

TEST_CASE("door - what an earlier daemon left open is closed, and its directory is nobody else's to write") {
  Flag flag;
  fs::create_directory(flag.scratch / "door");
  fs::permissions(flag.scratch / "door", fs::perms(0777));
  std::ofstream(flag.path) << "";
  REQUIRE(engine::close_door_of(flag.scratch.path()).ok());
  CHECK(!fs::exists(flag.path));
  CHECK(fs::status(flag.scratch / "door").permissions() == fs::perms(0755));
}

TEST_CASE("door - a directory that is somebody else's, or a link to one, is refused") {
  Flag flag;
  fs::create_directory(flag.scratch / "door");
  REQUIRE(::chown((flag.scratch / "door").c_str(), 65534, 65534) == 0);
  const auto refused = engine::close_door_of(flag.scratch.path());
  REQUIRE(!refused.ok());
  CHECK(refused.error().what.find("could open the door") != std::string::npos);
  fs::remove(flag.scratch / "door");
  fs::create_directory_symlink("/tmp", flag.scratch / "door");
  CHECK(!engine::close_door_of(flag.scratch.path()).ok());
}

TEST_CASE("door - what a killed daemon left open is closed without another one, unless that one lives") {
  Flag flag;
  REQUIRE(engine::close_door_of(flag.scratch.path()).ok());
  flag.door.open();
  {
    const auto lock = engine::take_lock(flag.scratch / "lock", 4711);
    REQUIRE(lock);
    CHECK(engine::close_left_door(flag.scratch.path()).ok());
    CHECK(fs::exists(flag.path));
  }
  CHECK(engine::close_left_door(flag.scratch.path()).ok());
  CHECK(!fs::exists(flag.path));
}

TEST_CASE("door - where none was left open nothing is made, and what hinders is told") {
  const Scratch scratch;
  CHECK(engine::close_left_door(scratch / "run").ok());
  CHECK(!fs::exists(scratch / "run"));
  fs::create_directories(scratch / "run/door");
  CHECK(engine::close_left_door(scratch / "run").ok());
  CHECK(!fs::exists(scratch / "run/lock"));
  std::ofstream(scratch / "run/door/open") << "";
  REQUIRE(::chown((scratch / "run/door").c_str(), 65534, 65534) == 0);
  CHECK(!engine::close_left_door(scratch / "run").ok());
}

TEST_CASE("door - one that cannot be closed is told once and tried again until it is") {
  Flag flag;
  flag.door.open();
  fs::remove(flag.path);
  fs::create_directory(flag.path);
  flag.door.close();
  flag.door.settle();
  REQUIRE(flag.told.size() == 1);
  CHECK(flag.told[0].find("the public still comes in") != std::string::npos);
  fs::remove(flag.path);
  // No turn comes, but its own timer.
  REQUIRE(flag.loop.run_one_for(5s) == 1);
  REQUIRE(flag.told.size() == 2);
  CHECK(flag.told[1] == "the door is closed now");
}

TEST_CASE("door - one that cannot be opened is told and opened when it can be") {
  Flag flag;
  fs::create_directory(flag.scratch / "door");
  fs::create_symlink("/nonexistent", flag.path);
  flag.door.open();
  REQUIRE(flag.told.size() == 1);
  CHECK(flag.told[0].find("cannot be opened") != std::string::npos);
  fs::remove(flag.path);
  flag.door.settle();
  CHECK(fs::exists(flag.path));
}

TEST_CASE("door - a flag that somebody removed while it is open is made anew, and that is told") {
  Flag flag;
  flag.door.open();
  fs::remove(flag.path);
  flag.door.settle();
  CHECK(fs::exists(flag.path));
  REQUIRE(flag.told.size() == 1);
  CHECK(flag.told[0].find(flag.path + " was removed by somebody else") == 0);
  // Tidied with its directory, and no turn comes: its own timer looks. Once a minute is often enough to tell.
  fs::remove_all(flag.scratch / "door");
  REQUIRE(flag.loop.run_one_for(5s) == 1);
  CHECK(fs::exists(flag.path));
  CHECK(flag.told.size() == 1);
}

TEST_CASE("door - a flag that somebody made while it is closed is removed, and that is told") {
  Flag flag;
  REQUIRE(engine::close_door_of(flag.scratch.path()).ok());
  flag.door.close();
  std::ofstream(flag.path) << "";
  flag.door.settle();
  CHECK(!fs::exists(flag.path));
  REQUIRE(flag.told.size() == 1);
  CHECK(flag.told[0].find(flag.path + " was made by somebody else") == 0);
  // One that leads somewhere else counts as well.
  fs::create_symlink("/dev/null", flag.path);
  REQUIRE(flag.loop.run_one_for(5s) == 1);
  CHECK(!fs::is_symlink(flag.path));
  // What is as it should be is not told of.
  flag.door.open();
  flag.door.settle();
  flag.door.close();
  flag.door.settle();
  CHECK(flag.told.size() == 1);
}

TEST_CASE("door - a directory that nobody else may pass hides it") {
  const Scratch scratch;
  const std::string runtime = scratch / "a/b";
  fs::create_directories(runtime + "/door");
  fs::permissions(scratch.path(), fs::perms(0755));
  CHECK(engine::hides_door(engine::door_flag(runtime)).empty());
  fs::permissions(scratch / "a", fs::perms(0750));
  CHECK(engine::hides_door(engine::door_flag(runtime)) == scratch / "a");
}

TEST_CASE("door - it is closed before the successor of a critical service that died is started") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  StackUnderTest stack(place, place.stack({looks_at_door(place)}));
  std::vector<std::chrono::steady_clock::duration> took;
  for (int run = 1; run <= 20; ++run) {
    REQUIRE(stack.tells("a " + std::to_string(run) + " starting>ready"));
    REQUIRE(comes_true([&] { return fs::exists(flag); }));
    took.push_back(closes_after_kill(stack, flag, run));
  }
  std::sort(took.begin(), took.end());
  INFO("slowest " << took.back().count() << " ns, median " << took[took.size() / 2].count() << " ns");
  CHECK(took[took.size() / 2] < 20ms);
  CHECK(took.back() < 100ms);
  REQUIRE(stack.tells("a 21 starting>ready"));
  CHECK(comes_true([&] { return stack.log("a").size() == 21 * std::string("closed\n").size(); }));
  CHECK(stack.log("a").find("open") == std::string::npos);
  CHECK(stack.ends_well());
  CHECK(!fs::exists(flag));
}

TEST_CASE("door - what was open when the machine went down is closed before anything runs") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  if (!place.is_engine()) {
    fs::create_directories(fs::path(flag).parent_path());
    std::ofstream(flag) << "";
  }
  StackUnderTest stack(place, place.stack({looks_at_door(place)}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  CHECK(comes_true([&] { return stack.log("a") == "closed\n"; }));
  CHECK(stack.ends_well());
}

TEST_CASE("door - a command holds it closed and another lets it open") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(comes_true([&] { return fs::exists(flag); }));
  stack.ask("door close");
  CHECK(comes_true([&] { return !fs::exists(flag); }));
  stack.ask("door open");
  CHECK(comes_true([&] { return fs::exists(flag); }));
  CHECK(stack.ends_well());
}

TEST_CASE("door - in a stack to which nothing happens it is looked at all the same") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(comes_true([&] { return fs::exists(flag); }));
  fs::remove_all(place / "run/door");
  CHECK(comes_true([&] { return fs::exists(flag); }));
  stack.ask("door close");
  REQUIRE(comes_true([&] { return !fs::exists(flag); }));
  std::ofstream(flag) << "";
  CHECK(comes_true([&] { return !fs::exists(flag); }));
  CHECK(stack.ends_well());
}

TEST_CASE("door - the anchor closes it where no engine is left to do it") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(comes_true([&] { return fs::exists(flag); }));
  stack.lose_engines();
  CHECK(stack.exit_code() == 70);
  CHECK(!fs::exists(flag));
}

TEST_CASE("door - the engine closes it where its anchor is gone") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(comes_true([&] { return fs::exists(flag); }));
  REQUIRE(::kill(stack.anchor(), SIGKILL) == 0);
  CHECK(comes_true([&] { return !fs::exists(flag); }));
}

TEST_CASE("door - a service that is frozen closes it within failures x (every + timeout)") {
  const Place place;
  const std::string flag = engine::door_flag(place / "run");
  auto a = Place::service("a", {"run"});
  a.ready.kind = model::ProbeKind::exec;
  // Answers while the service's main process is not stopped.
  a.ready.exec = {"/bin/sh", "-c",
                  "read -r pid < " + place.cgroup() +
                      "/stack/a/1/cgroup.procs && read -r all < /proc/$pid/stat && "
                      "case $all in *' T '*) exec sleep 100;; esac"};
  a.ready.every = 200ms;
  a.ready.timeout = 300ms;
  a.ready.failures = 3;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(comes_true([&] { return fs::exists(flag); }));
  const auto pids = stack.pids("a", 1);
  REQUIRE(pids.size() == 1);
  const auto frozen = std::chrono::steady_clock::now();
  REQUIRE(::kill(pids[0], SIGSTOP) == 0);
  CHECK(comes_true([&] { return !fs::exists(flag); }));
  const auto took = std::chrono::steady_clock::now() - frozen;
  CHECK(took <= 3 * (200ms + 300ms) + 100ms);
  REQUIRE(::kill(pids[0], SIGCONT) == 0);
  CHECK(comes_true([&] { return fs::exists(flag); }));
  CHECK(stack.ends_well());
}
