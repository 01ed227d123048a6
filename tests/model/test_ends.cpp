// How a run ends that nobody asked to end, in each phase.
#include "support/catch.h"
#include "world.h"

#include <cerrno>
#include <csignal>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// A world whose only service is in the phase of that name, its process alive.
World in_phase(const std::string& phase) {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = notify();
  World world(spec);
  world.boot();
  if (phase != "starting") world.says_ready("a");
  if (phase == "unready")
    world.play(ServiceNotified{.service = world.id("a"),
                               .run = world.run("a"),
                               .ready = false,
                               .stopping = true,
                               .extend = {},
                               .status = {}});
  REQUIRE(world.phase("a") == phase);
  world.obedient = false;
  static_cast<void>(world.asked());
  static_cast<void>(world.told());
  return world;
}

} // namespace

TEST_CASE("an exit: the run is over when the leaf is empty, then a charged restart") {
  const std::string phase = GENERATE("starting", "ready", "unready");
  World world = in_phase(phase);
  SECTION("exit, then the leaf") {
    world.exits("a");
    CHECK(world.phase("a") == "stopping");
    CHECK(world.why("a") == "exit code 1 after 0 s");
    world.empties("a");
    CHECK(world.told().front() == "a: " + phase + " > stopping");
  }
  SECTION("the leaf, then exit") {
    world.empties("a");
    CHECK(world.phase("a") == phase);
    world.exits("a");
    CHECK(world.told().front() == "a: " + phase + " > backoff");
  }
  CHECK(world.phase("a") == "backoff");
  CHECK(world.why("a") == "exit code 1 after 0 s; next start after 1 s");
  CHECK(world.service("a").restarts == 1);
  CHECK(world.service("a").last_exit == ExitStatus{.code = 1, .signal = 0});
  world.pass(1s);
  CHECK(world.asked() == Lines{"spawn a 2"});
}

TEST_CASE("an exit: leftovers are killed after their time, and the restart waits for that") {
  World world = in_phase("ready");
  world.exits("a", {.code = 0, .signal = SIGSEGV});
  world.pass(1s);
  CHECK(world.asked() == Lines{"kill a"});
  world.pass(1s);
  CHECK(world.phase("a") == "stopping");
  world.empties("a");
  CHECK(world.phase("a") == "backoff");
  CHECK(world.why("a") == "ended by SIGSEGV after 0 s; next start after 1 s");
}

TEST_CASE("an exit with 0 that nobody asked for is charged too") {
  World world = in_phase("ready");
  world.dies("a", {.code = 0, .signal = 0});
  CHECK(world.phase("a") == "backoff");
  CHECK(world.service("a").restarts == 1);
}

TEST_CASE("an exit overtakes the news of its exec") {
  StackSpec spec = stack_of("a");
  World world(spec);
  world.obedient = false;
  world.boot();
  world.exits("a");
  CHECK(world.phase("a") == "stopping");
  world.spawned("a");
  CHECK(world.phase("a") == "stopping");
  CHECK(world.asked() == Lines{"spawn a 1"});
  world.empties("a");
  CHECK(world.phase("a") == "backoff");
}

TEST_CASE("why a start is made is told without the pause that is over") {
  World world = in_phase("ready");
  world.dies("a");
  world.pass(1s);
  CHECK(world.phase("a") == "starting");
  CHECK(world.why("a") == "exit code 1 after 0 s");
}

TEST_CASE("a spawn that fails: for good, or until later") {
  World world(stack_of("a"));
  world.obedient = false;
  world.boot();
  SECTION("for good") {
    const int error = GENERATE(ENOENT, EACCES, ENOEXEC);
    world.spawn_fails("a", error);
    CHECK(world.phase("a") == "failed");
    CHECK(world.why("a") == "cannot start a: /usr/bin/x: it failed (execve)");
    CHECK(world.service("a").restarts == 0);
    world.pass(24h);
    CHECK(world.phase("a") == "failed");
  }
  SECTION("until later") {
    const int error = GENERATE(EAGAIN, ENOMEM);
    world.spawn_fails("a", error);
    CHECK(world.phase("a") == "backoff");
    CHECK(world.service("a").restarts == 1);
    world.pass(1s);
    CHECK(world.run("a").value == 2);
  }
}

TEST_CASE("a spawn that fails for good is failed although its start deadline had passed") {
  StackSpec spec = stack_of("a");
  in(spec, "a").start_within = 5s;
  World world(spec);
  world.obedient = false;
  world.boot();
  world.pass(5s);
  REQUIRE(world.phase("a") == "stopping");
  world.spawn_fails("a", ENOENT);
  CHECK(world.phase("a") == "failed");
}
