#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// Ready by READY=1 within 40 s, with a progress probe that is asked each second.
StackSpec recovering() {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 40s;
  in(spec, "db").progress = exec_probe();
  return spec;
}

void extend(World& world, Duration by) {
  world.play(ServiceNotified{.service = world.id("db"),
                             .run = world.run("db"),
                             .ready = false,
                             .stopping = false,
                             .extend = by,
                             .status = {}});
}

} // namespace

TEST_CASE("start deadline: counts from the spawn, the stop is charged") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 40s;
  World world(spec);
  world.deaf = {"db"};
  world.boot();
  world.pass(40s - 1ns);
  CHECK(world.phase("db") == "starting");
  world.pass(1ns);
  CHECK(world.phase("db") == "stopping");
  CHECK(world.why("db") == "not ready within 40 s");
  CHECK(world.asked() == Lines{"spawn db 1", "signal db SIGTERM"});
  world.dies("db", {.code = 0, .signal = 0});
  CHECK(world.phase("db") == "backoff");
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("start deadline: EXTEND_TIMEOUT moves it, never nearer") {
  World world(recovering());
  world.boot();
  world.pass(30s);
  extend(world, 5s);
  CHECK(world.as<Starting>("db").deadline == world.now().mono + 10s);
  extend(world, 25s);
  CHECK(world.as<Starting>("db").deadline == world.now().mono + 25s);
  world.pass(24s);
  CHECK(world.phase("db") == "starting");
  world.pass(1s);
  CHECK(world.why("db") == "not ready within 55 s; next start after 1 s");
}

TEST_CASE("progress: while it succeeds the deadline stands still, then what was left goes on") {
  World world(recovering());
  world.boot();
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.pass(10s);
  REQUIRE(world.as<Starting>("db").held);
  const Duration left = *world.as<Starting>("db").held;
  CHECK(left == 39s);
  world.pass(20h);
  CHECK(world.phase("db") == "starting");
  CHECK(world.as<Starting>("db").held == left);

  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::failed;
  world.pass(1s);
  CHECK(world.as<Starting>("db").held == left);
  world.pass(1s);
  CHECK_FALSE(world.as<Starting>("db").held);
  CHECK(world.as<Starting>("db").deadline == world.now().mono + left);
  world.pass(left - 1s);
  CHECK(world.phase("db") == "starting");
  world.pass(1s);
  CHECK(world.phase("db") == "backoff");
}

TEST_CASE("progress: an unknown answer neither holds nor lets go") {
  World world(recovering());
  world.boot();
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::unknown;
  world.pass(10s);
  CHECK_FALSE(world.as<Starting>("db").held);
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.pass(1s);
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::unknown;
  world.pass(10min);
  CHECK(world.as<Starting>("db").held);
}

TEST_CASE("progress: asked in time even where every is longer than the deadline") {
  StackSpec spec = recovering();
  in(spec, "db").progress->every = 10min;
  World world(spec);
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.boot();
  world.pass(1h);
  CHECK(world.phase("db") == "starting");
}

TEST_CASE("progress: holds for progress_up_to at the most") {
  StackSpec spec = recovering();
  in(spec, "db").progress_up_to = 1h;
  World world(spec);
  world.deaf = {"db"};
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.boot();
  world.pass(1h - 1ns);
  CHECK(world.phase("db") == "starting");
  world.pass(1ns);
  CHECK(world.phase("db") == "stopping");
}

TEST_CASE("progress: EXTEND_TIMEOUT counts for what is left while it is held") {
  World world(recovering());
  world.boot();
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.pass(30s);
  extend(world, 2min);
  CHECK(world.as<Starting>("db").held == 2min);
}

TEST_CASE("progress: a success that comes with the deadline already past holds nothing back in time") {
  World world(recovering());
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.pass(39s);
  // The answer is taken in the turn in which the deadline is over, before the deadline itself.
  Stack late = world.stack();
  Now now = world.now();
  now.mono += 3s;
  Actions actions;
  const auto answer = [&](ProbeOutcome outcome) {
    const auto question = question_out(late.service(world.id("db")).phase, ProbeRole::progress);
    step(late, ProbeAnswered{world.id("db"), world.run("db"), ProbeRole::progress, question, outcome, {}},
         now, actions);
  };
  answer(ProbeOutcome::succeeded);
  const auto& starting = std::get<Starting>(late.service(world.id("db")).phase);
  REQUIRE(starting.held);
  CHECK(*starting.held == 0s);
}

TEST_CASE("progress: an answer that comes when it is ready says nothing about ready") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = exec_probe();
  in(spec, "db").ready.failures = 1;
  in(spec, "db").progress = exec_probe();
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.pass(1s);
  world.answers("db", ProbeRole::ready, ProbeOutcome::succeeded);
  REQUIRE(world.phase("db") == "ready");
  world.pass(1s);
  world.answers("db", ProbeRole::progress, ProbeOutcome::failed);
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("progress: the start of one that leaves has no deadline to hold") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = exec_probe();
  in(spec, "db").progress = exec_probe();
  in(spec, "web").stop = {signal_rung(15, 10min)};
  World world(spec);
  world.deaf = {"web"};
  world.boot();
  world.pass(1s);
  REQUIRE(world.phase("web") == "ready");
  world.probes[{"db", ProbeRole::ready}] = ProbeOutcome::failed;
  world.dies("db");
  world.pass(2s);
  world.stop({"db"});
  REQUIRE(world.service("db").leaving);
  world.pass(2min);
  REQUIRE(world.as<Starting>("db").deadline == never);
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.pass(1min);
  CHECK_FALSE(world.as<Starting>("db").held.has_value());
}
