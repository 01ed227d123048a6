#include "support/catch.h"
#include "world.h"

using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("start: each service as soon as what it needs is ready, the others beside it") {
  World world(stack_of("db; cache; web: db cache; proxy: web"));
  world.obedient = false;
  world.boot();
  CHECK(world.asked() == Lines{"spawn db 1", "spawn cache 1"});
  CHECK(world.why("web") == "needs db, which is starting");
  world.spawned("cache");
  CHECK(world.asked().empty());
  world.spawned("db");
  CHECK(world.asked() == Lines{"spawn web 1"});
  world.spawned("web");
  world.spawned("proxy");
  CHECK(world.phase("proxy") == "ready");
  CHECK(world.verdict() == "working");
}

TEST_CASE("start: phase by phase it is told once, with its time") {
  World world(stack_of("db; web: db"));
  world.obedient = false;
  world.boot();
  CHECK(world.told() == Lines{"db: down > starting", "web: down > waiting", "stopped > starting"});
  world.pass(3s);
  world.spawned("db");
  CHECK(world.told() == Lines{"db: starting > ready", "web: waiting > starting"});
  CHECK(world.why("db").empty());
  for (const Action& action : world.actions())
    if (const auto* report = std::get_if<ReportPhase>(&action)) CHECK(report->took == 3s);
  world.spawned("web");
  CHECK(world.told() == Lines{"web: starting > ready", "starting > working"});
}

TEST_CASE("start: a turn for so many, the longest chain of dependents first") {
  StackSpec spec = stack_of("lone; short; long; a: short; b: long; c: b");
  spec.start_at_once = 1;
  World world(spec);
  world.obedient = false;
  world.boot();
  CHECK(world.asked() == Lines{"spawn long 1"});
  CHECK(world.why("short") == "its turn: 1 may be starting at once");
  world.spawned("long");
  CHECK(world.asked() == Lines{"spawn short 1"});
  world.spawned("short");
  CHECK(world.asked() == Lines{"spawn b 1"});
  world.spawned("b");
  CHECK(world.asked() == Lines{"spawn lone 1"});
}

TEST_CASE("start: a turn is free again when a start ends badly") {
  StackSpec spec = stack_of("a; b");
  spec.start_at_once = 1;
  World world(spec);
  world.obedient = false;
  world.boot();
  static_cast<void>(world.asked());
  world.dies("a");
  CHECK(world.phase("a") == "backoff");
  CHECK(world.asked() == Lines{"spawn b 1"});
}

TEST_CASE("start: a need that fails while its dependent waits for a turn takes it out of the queue") {
  StackSpec spec = stack_of("db; slow; web: db");
  spec.start_at_once = 1;
  in(spec, "slow").ready = notify();
  in(spec, "slow").start_within = 1h;
  World world(spec);
  world.boot();
  CHECK(world.phase("slow") == "starting");
  CHECK(world.why("web") == "its turn: 1 may be starting at once");
  world.dies("db");
  CHECK(world.why("web") == "needs db, which is backoff");
  world.says_ready("slow");
  CHECK(world.phase("web") == "waiting");
  world.pass(2s);
  CHECK(world.verdict() == "working");
}

TEST_CASE("start: a soft need is waited for while it is on its way, and no longer") {
  World world(stack_of("(cache); web: cache?"));
  world.obedient = false;
  world.boot();
  CHECK(world.asked() == Lines{"spawn cache 1"});
  CHECK(world.why("web") == "ordered after cache, which is starting");
  SECTION("it is ready") {
    world.spawned("cache");
  }
  SECTION("its start ends badly") {
    world.dies("cache");
  }
  CHECK(world.asked() == Lines{"spawn web 1"});
}

TEST_CASE("start: a soft need that waits for a person is not waited for") {
  StackSpec spec = stack_of("(cache); web: cache?");
  in(spec, "cache").program.requirements = {{.file = "/srv/cache", .owner = {}}};
  World world(spec);
  world.missing["cache"] = "/srv/cache is missing";
  world.boot();
  CHECK(world.phase("cache") == "waiting");
  CHECK(world.phase("web") == "ready");
}

TEST_CASE("start: a disabled service stays down and says so") {
  StackSpec spec = stack_of("db; (extra): db");
  in(spec, "extra").enabled = false;
  World world(spec);
  world.boot();
  CHECK(world.verdict() == "working");
  CHECK(world.phase("extra") == "down");
  CHECK(world.why("extra") == "disabled");
  world.start({"extra"});
  CHECK(world.phase("extra") == "ready");
}

TEST_CASE("start: the same input gives the same output, whatever the wall clock says") {
  const auto play = [](bool step_wall) {
    World world(stack_of("db; cache; (worker): db! cache?; web: db worker?"));
    Lines lines;
    world.boot();
    world.dies("db");
    if (step_wall) world.step_wall_clock(-48h);
    world.pass(10s);
    world.stop({"db"});
    if (step_wall) world.step_wall_clock(1000h);
    world.pass(1min);
    world.start({"web"});
    world.shut_down();
    world.pass(1min);
    lines = world.asked();
    for (std::string& line : world.told())
      lines.push_back(std::move(line));
    return lines;
  };
  const Lines once = play(false);
  CHECK(once.size() > 20);
  CHECK(play(false) == once);
  CHECK(play(true) == once);
}
