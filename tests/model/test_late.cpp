#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("late events of an old run change nothing") {
  const std::string phase = GENERATE("backoff", "starting", "ready", "stopping", "down");
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = notify();
  World world(spec);
  world.boot();
  world.says_ready("a");
  world.dies("a");
  if (phase != "backoff") world.pass(1s);
  if (phase == "ready" || phase == "stopping") world.says_ready("a");
  if (phase == "stopping") world.deaf = {"a"};
  if (phase == "stopping" || phase == "down") world.stop({"a"});
  REQUIRE(world.phase("a") == phase);
  static_cast<void>(world.asked());
  static_cast<void>(world.told());
  const MonoTime next = world.stack().next_deadline();

  const ServiceId a = world.id("a");
  const RunNumber old{1};
  world.play(SpawnSucceeded{a, old, 99});
  world.play(SpawnFailed{a, old, 2, "late"});
  world.play(SpawnRefused{a, old, "late"});
  world.play(ProcessExited{a, old, {.code = 3, .signal = 0}});
  world.play(LeafEmptied{a, old});
  world.play(ServiceNotified{
      .service = a, .run = old, .ready = true, .stopping = true, .extend = 1h, .status = "late"});
  for (const ProbeRole role : {ProbeRole::ready, ProbeRole::live, ProbeRole::progress})
    world.play(ProbeAnswered{a, old, role, 1, ProbeOutcome::failed, "late"});
  world.play(RequirementsSeen{a, "late"});

  CHECK(world.phase("a") == phase);
  CHECK(world.asked().empty());
  CHECK(world.told().empty());
  CHECK(world.stack().next_deadline() == next);
  CHECK(world.service("a").status_text.empty());
  CHECK(world.service("a").last_exit != ExitStatus{.code = 3, .signal = 0});
}

TEST_CASE("an event that comes twice counts once") {
  World world(stack_of("a"));
  world.obedient = false;
  world.boot();
  world.spawned("a");
  world.spawned("a");
  world.spawn_fails("a", 2);
  world.spawn_refused("a", "no");
  CHECK(world.phase("a") == "ready");
  world.exits("a", {.code = 7, .signal = 0});
  world.exits("a", {.code = 8, .signal = 0});
  CHECK(world.service("a").last_exit == ExitStatus{.code = 7, .signal = 0});
  const RunNumber first = world.run("a");
  world.empties("a");
  world.empties("a");
  CHECK(world.service("a").restarts == 1);
  CHECK(world.run("a") == first);
}

TEST_CASE("time that comes too early changes nothing") {
  World world(stack_of("a"));
  world.boot();
  world.dies("a");
  static_cast<void>(world.asked());
  world.play(DeadlinePassed{});
  CHECK(world.phase("a") == "backoff");
  CHECK(world.asked().empty());
}
