#include "support/catch.h"
#include "world.h"

#include <csignal>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// SIGINT 10 s, a program 5 s, SIGQUIT to all 3 s, the kill.
StackSpec with_ladder() {
  StackSpec spec = stack_of("a");
  in(spec, "a").stop = {
      signal_rung(SIGINT, 10s),
      {.signal = 0, .to_all = false, .exec = {"/bin/stop"}, .wait = 5s},
      {.signal = SIGQUIT, .to_all = true, .exec = {}, .wait = 3s},
  };
  spec.stop_within = longest_stop(spec) + 10s;
  return spec;
}

World stopping(StackSpec spec) {
  World world(std::move(spec));
  world.boot();
  world.obedient = false;
  static_cast<void>(world.asked());
  world.stop({"a"});
  return world;
}

} // namespace

TEST_CASE("stop: rung by rung, each after its wait, then the kill") {
  World world = stopping(with_ladder());
  CHECK(world.asked() == Lines{"signal a SIGINT"});
  CHECK(world.phase("a") == "stopping");
  world.pass(10s - 1ns);
  CHECK(world.asked().empty());
  world.pass(1ns);
  CHECK(world.asked() == Lines{"program a 1"});
  world.pass(5s);
  CHECK(world.asked() == Lines{"signal all of a SIGQUIT"});
  world.pass(3s - 1ns);
  CHECK(world.asked().empty());
  world.pass(1ns);
  CHECK(world.asked() == Lines{"kill a"});
  world.dies("a", {.code = 0, .signal = SIGKILL});
  CHECK(world.phase("a") == "down");
}

TEST_CASE("stop: down when exit and empty leaf are both known, in whichever order") {
  World world = stopping(stack_of("a"));
  SECTION("exit first") {
    world.exits("a");
    CHECK(world.phase("a") == "stopping");
    world.empties("a");
  }
  SECTION("leaf first") {
    world.empties("a");
    CHECK(world.phase("a") == "stopping");
    world.exits("a");
  }
  CHECK(world.phase("a") == "down");
  CHECK(world.why("a") == "stopped by root");
}

TEST_CASE("stop: leftovers have their time, then they are killed; no rung is climbed for them") {
  World world = stopping(with_ladder());
  world.pass(9s);
  static_cast<void>(world.asked());
  world.exits("a", {.code = 0, .signal = 0});
  world.pass(1s - 1ns);
  CHECK(world.asked().empty());
  world.pass(1ns);
  CHECK(world.asked() == Lines{"kill a"});
  world.empties("a");
  CHECK(world.phase("a") == "down");
}

TEST_CASE("stop: leftovers that go by themselves are not killed") {
  World world = stopping(stack_of("a"));
  static_cast<void>(world.asked());
  world.exits("a");
  world.pass(500ms);
  world.empties("a");
  world.pass(1min);
  CHECK(world.phase("a") == "down");
  CHECK(world.asked().empty());
}

TEST_CASE("stop: what survives the kill is told, and waited for no longer by what it needs") {
  World world(stack_of("db; web: db"));
  world.deaf = {"web"};
  world.immortal = {"web"};
  world.boot();
  world.stop({"db"});
  static_cast<void>(world.asked());
  static_cast<void>(world.told());
  world.pass(10s);
  CHECK(world.asked() == Lines{"kill web"});
  CHECK(world.phase("db") == "ready");
  world.pass(5s);
  CHECK(world.phase("db") == "down");
  CHECK(world.phase("web") == "stopping");
  CHECK(world.told().front() == "trouble web: processes of it survive SIGKILL: they are stuck in the kernel");
  CHECK(world.until_next() > 24h);
  world.dies("web", {.code = 0, .signal = SIGKILL});
  CHECK(world.phase("web") == "waiting");
}

TEST_CASE("stop: before the spawn is answered, the first rung waits for the process") {
  World world(stack_of("a"));
  world.obedient = false;
  world.boot();
  world.stop({"a"});
  CHECK(world.asked() == Lines{"spawn a 1"});
  CHECK(world.phase("a") == "stopping");
  SECTION("it comes") {
    world.spawned("a");
    CHECK(world.asked() == Lines{"signal a SIGTERM"});
    world.dies("a");
  }
  SECTION("it fails") {
    world.spawn_fails("a", 2);
  }
  SECTION("it never comes, its leaf is killed") {
    world.pass(10s);
    CHECK(world.asked() == Lines{"kill a"});
    world.spawn_fails("a", 11);
  }
  SECTION("it comes after the kill, and is killed") {
    world.pass(10s);
    static_cast<void>(world.asked());
    world.spawned("a");
    CHECK(world.asked() == Lines{"kill a"});
    world.dies("a");
  }
  CHECK(world.phase("a") == "down");
  CHECK(world.service("a").restarts == 0);
}

TEST_CASE("stop: in order, each when what needs it is down") {
  World world(stack_of("db; cache; web: db cache; worker: db; proxy: web"));
  world.boot();
  world.obedient = false;
  static_cast<void>(world.asked());
  world.stop();
  CHECK(world.verdict() == "stopping");
  CHECK(world.asked() == Lines{"signal worker SIGTERM", "signal proxy SIGTERM"});
  world.dies("proxy");
  CHECK(world.asked() == Lines{"signal web SIGTERM"});
  world.dies("web");
  CHECK(world.asked() == Lines{"signal cache SIGTERM"});
  world.dies("worker");
  CHECK(world.asked() == Lines{"signal db SIGTERM"});
  world.dies("db");
  world.dies("cache");
  CHECK(world.verdict() == "stopped");
}

TEST_CASE("stop: a soft dependent is waited for when it stops too, and not otherwise") {
  World world(stack_of("cache; web: cache?"));
  world.boot();
  world.obedient = false;
  static_cast<void>(world.asked());
  SECTION("alone") {
    world.stop({"cache"});
    CHECK(world.asked() == Lines{"signal cache SIGTERM"});
    CHECK(world.phase("web") == "ready");
  }
  SECTION("together") {
    world.stop();
    CHECK(world.asked() == Lines{"signal web SIGTERM"});
    world.dies("web");
    CHECK(world.asked() == Lines{"signal cache SIGTERM"});
  }
}

TEST_CASE("stop: one that leaves in order is not stopped sooner for a probe or a deadline") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = exec_probe();
  in(spec, "db").live = LiveProbe{exec_probe(), LiveAction::restart};
  in(spec, "db").unready_within = 5s;
  in(spec, "web").stop = {signal_rung(SIGTERM, 1min)};
  spec.stop_within = longest_stop(spec) + 10s;
  World world(spec);
  world.boot();
  world.pass(5s);
  world.deaf = {"web"};
  const bool live = GENERATE(true, false);
  world.probes[{"db", live ? ProbeRole::live : ProbeRole::ready}] = ProbeOutcome::failed;
  world.stop({"db"});
  world.pass(59s);
  CHECK(world.phase("web") == "stopping");
  CHECK(world.phase("db") == (live ? "ready" : "unready"));
  world.pass(1s);
  CHECK(world.phase("db") == "down");
}

TEST_CASE("stop: a start that leaves in order is not stopped sooner for its deadline") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 20s;
  in(spec, "web").stop = {signal_rung(SIGTERM, 1min)};
  spec.stop_within = longest_stop(spec) + 10s;
  World world(spec);
  world.boot();
  world.says_ready("db");
  world.dies("db");
  world.pass(1s);
  REQUIRE(world.phase("db") == "starting");
  world.deaf = {"web"};
  world.stop({"db"});
  world.pass(59s);
  CHECK(world.phase("db") == "starting");
  world.pass(1s);
  CHECK(world.phase("db") == "down");
}
