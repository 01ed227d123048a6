#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// Lets it die as soon as it is ready, and gives the pause that follows.
Duration pause_after_death(World& world) {
  world.dies("a");
  if (world.phase("a") != "backoff") return Duration{-1};
  const Duration pause = world.until_next();
  world.pass(pause);
  return pause;
}

} // namespace

TEST_CASE("restart: the pause doubles up to its bound") {
  StackSpec spec = stack_of("a");
  in(spec, "a").restart.delay = 1s;
  in(spec, "a").restart.up_to = 10s;
  World world(spec);
  world.boot();
  for (const auto pause : {1s, 2s, 4s, 8s, 10s, 10s})
    CHECK(pause_after_death(world) == pause);
}

TEST_CASE("restart: jitter only adds, between nothing and its share") {
  StackSpec spec = stack_of("a; b");
  for (ServiceSpec& service : spec.services) {
    service.restart.delay = 4s;
    service.restart.jitter_percent = 25;
  }
  Duration least = 1h;
  Duration most{};
  for (std::uint64_t draw = 0; draw < 500; ++draw) {
    World world(spec);
    world.boot();
    world.draw(draw);
    const Duration pause = pause_after_death(world);
    least = std::min(least, pause);
    most = std::max(most, pause);
  }
  CHECK(least >= 4s);
  CHECK(least < 4100ms);
  CHECK(most <= 5s);
  CHECK(most > 4900ms);
}

TEST_CASE("restart: two that die in one turn do not wake together") {
  StackSpec spec = stack_of("a; b");
  for (ServiceSpec& service : spec.services)
    service.restart.jitter_percent = 25;
  World world(spec);
  world.boot();
  world.dies("a");
  world.dies("b");
  CHECK(world.as<Backoff>("a").until != world.as<Backoff>("b").until);
}

TEST_CASE("restart: a run that had settled is started again at once, and the count begins anew") {
  World world(stack_of("a"));
  world.boot();
  pause_after_death(world);
  CHECK(pause_after_death(world) == 2s);
  world.pass(60s - 1ns);
  CHECK(pause_after_death(world) == 4s);
  world.pass(60s);
  world.dies("a");
  CHECK(world.phase("a") == "ready");
  CHECK(world.run("a").value == 5);
  CHECK(world.service("a").restarts == 4);
  CHECK(pause_after_death(world) == 1s);
}

TEST_CASE("restart: settled is a time without a break") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  World world(spec);
  world.boot();
  world.pass(40s);
  world.probes[{"a", ProbeRole::ready}] = ProbeOutcome::failed;
  world.pass(2s);
  REQUIRE(world.phase("a") == "unready");
  world.probes.clear();
  world.pass(40s);
  world.dies("a");
  CHECK(world.phase("a") == "backoff");
}

TEST_CASE("restart: a run that settled stays settled when it is unready afterwards") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  World world(spec);
  world.boot();
  world.pass(70s);
  world.probes[{"a", ProbeRole::ready}] = ProbeOutcome::failed;
  world.pass(2s);
  REQUIRE(world.phase("a") == "unready");
  world.dies("a");
  CHECK(world.phase("a") == "starting");
}

TEST_CASE("restart: the budget allows eight, the ninth is failed") {
  World world(stack_of("a"));
  world.boot();
  for (int death = 1; death <= 8; ++death)
    CHECK(pause_after_death(world) > 0s);
  world.dies("a");
  CHECK(world.phase("a") == "failed");
  CHECK(world.why("a") == "exit code 1 after 0 s; 8 restarts within 10 min are spent");
  CHECK(world.service("a").restarts == 8);
  CHECK(world.verdict() == "failed");
  world.pass(24h);
  CHECK(world.phase("a") == "failed");
  CHECK(world.run("a").value == 9);
}

TEST_CASE("restart: the budget's window slides") {
  World world(stack_of("a"));
  world.boot();
  // One death each 100 s: never more than six within ten minutes.
  for (int death = 1; death <= 50; ++death) {
    world.pass(100s);
    world.dies("a");
    REQUIRE(world.phase("a") != "failed");
  }
  CHECK(world.service("a").charges.size() == 6);
}

TEST_CASE("restart: when") {
  StackSpec spec = stack_of("a");
  SECTION("on-failure, exit 0") {
    in(spec, "a").restart.when = RestartWhen::on_failure;
    World world(spec);
    world.boot();
    world.dies("a", {.code = 0, .signal = 0});
    CHECK(world.phase("a") == "failed");
    CHECK(world.why("a") == "exit code 0 after 0 s, and it is not restarted then");
  }
  SECTION("on-failure, a signal") {
    in(spec, "a").restart.when = RestartWhen::on_failure;
    World world(spec);
    world.boot();
    world.dies("a", {.code = 0, .signal = 11});
    CHECK(world.phase("a") == "backoff");
  }
  SECTION("never") {
    in(spec, "a").restart.when = RestartWhen::never;
    World world(spec);
    world.boot();
    world.dies("a");
    CHECK(world.phase("a") == "failed");
    CHECK(world.why("a") == "exit code 1 after 0 s, and it is not restarted then");
    world.start({"a"});
    CHECK(world.phase("a") == "ready");
    world.restart({"a"});
    CHECK(world.phase("a") == "ready");
    CHECK(world.run("a").value == 3);
  }
}

TEST_CASE("restart: without any delay it does not spin") {
  StackSpec spec = stack_of("a");
  in(spec, "a").restart.delay = 0s;
  World world(spec);
  world.boot();
  for (int death = 1; death <= 8; ++death)
    world.dies("a");
  CHECK(world.phase("a") == "ready");
  world.dies("a");
  CHECK(world.phase("a") == "failed");
}
