#include "support/catch.h"
#include "world.h"

using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("readiness: running for a time") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = running_for(1s);
  World world(spec);
  world.boot();
  world.pass(999ms);
  CHECK(world.phase("a") == "starting");
  world.pass(1ms);
  CHECK(world.phase("a") == "ready");
  CHECK(world.asked() == Lines{"spawn a 1"});
}

TEST_CASE("readiness: running counts from the exec, not from the request") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = running_for(1s);
  World world(spec);
  world.obedient = false;
  world.boot();
  world.pass(10s);
  CHECK(world.phase("a") == "starting");
  world.spawned("a");
  world.pass(1s);
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("readiness: running: 0ms is ready in the turn in which the exec is known") {
  World world(stack_of("a"));
  world.obedient = false;
  world.boot();
  CHECK(world.phase("a") == "starting");
  world.spawned("a");
  CHECK(world.phase("a") == "ready");
  CHECK(world.as<Ready>("a").run.pid == 4711);
}

TEST_CASE("readiness: notify, READY=1 before and after the news of the exec") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = notify();
  World world(spec);
  world.obedient = false;
  world.boot();
  SECTION("after") {
    world.spawned("a");
    CHECK(world.phase("a") == "starting");
    world.says_ready("a");
  }
  SECTION("before") {
    world.says_ready("a");
    CHECK(world.phase("a") == "starting");
    world.spawned("a");
  }
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("readiness: READY=1 does not open what another probe gates") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("a");
  world.says_ready("a");
  CHECK(world.phase("a") == "starting");
}

TEST_CASE("readiness: exec is asked soon, then ever more slowly up to every") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("a");
  static_cast<void>(world.asked());
  // It takes ever longer to answer; an eighth of the time since its spawn, but no less than 100 ms and no
  // more than `every`, is what it is then left alone.
  Duration since_spawn = 0ms;
  Duration pause = 100ms;
  for (const auto silence : {0ms, 300ms, 400ms, 2000ms, 3000ms, 2000ms, 9000ms}) {
    CHECK(world.until_next() == pause);
    world.pass(pause);
    CHECK(world.asked() == Lines{"ask a ready"});
    world.pass(silence);
    world.answers("a", ProbeRole::ready, ProbeOutcome::failed);
    since_spawn += pause + silence;
    pause = std::clamp<Duration>(since_spawn / 8, 100ms, 1000ms);
  }
  CHECK(world.phase("a") == "starting");
  world.pass(1s);
  world.answers("a", ProbeRole::ready, ProbeOutcome::succeeded);
  CHECK(world.phase("a") == "ready");
  CHECK(world.until_next() == 1s);
}

TEST_CASE("readiness: a question that is out is not asked again, and its answer counts once") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  in(spec, "a").ready.successes = 2;
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("a");
  world.pass(10s);
  CHECK(world.asked() == Lines{"spawn a 1", "ask a ready"});
  world.answers("a", ProbeRole::ready, ProbeOutcome::succeeded);
  world.answers("a", ProbeRole::ready, ProbeOutcome::succeeded);
  CHECK(world.phase("a") == "starting");
}

TEST_CASE("readiness: quiet keeps the first question away") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  in(spec, "a").ready.quiet = 7s;
  World world(spec);
  world.boot();
  CHECK(world.until_next() == 7s);
}

TEST_CASE("readiness: a row of successes, broken by a failure and not by an unknown") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  in(spec, "a").ready.successes = 2;
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("a");
  const auto answer = [&](ProbeOutcome outcome) {
    world.pass(1s);
    world.answers("a", ProbeRole::ready, outcome);
  };
  answer(ProbeOutcome::succeeded);
  answer(ProbeOutcome::failed);
  answer(ProbeOutcome::succeeded);
  CHECK(world.phase("a") == "starting");
  answer(ProbeOutcome::unknown);
  answer(ProbeOutcome::succeeded);
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("readiness: failures before the first success restart nothing") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  World world(spec);
  world.probes[{"a", ProbeRole::ready}] = ProbeOutcome::failed;
  world.boot();
  world.pass(59s);
  CHECK(world.phase("a") == "starting");
  CHECK(world.run("a").value == 1);
}
