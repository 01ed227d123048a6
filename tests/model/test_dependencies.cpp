#include "support/catch.h"
#include "world.h"

#include <cerrno>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("a dependency that dies by itself leaves its dependents running") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.dies("db");
  CHECK(world.phase("db") == "backoff");
  CHECK(world.phase("web") == "ready");
  CHECK(world.verdict() == "broken");
  world.pass(1s);
  CHECK(world.verdict() == "working");
  CHECK(world.run("web").value == 1);
}

TEST_CASE("an edge restart: true restarts the dependent after its need, uncharged") {
  World world(stack_of("broker; worker: broker!; viewer: broker"));
  world.boot();
  world.dies("broker");
  CHECK(world.phase("worker") == "ready");
  world.deaf = {"worker"};
  world.pass(1s);
  CHECK(world.phase("worker") == "stopping");
  CHECK(world.why("worker") == "broker was restarted");
  world.dies("worker");
  CHECK(world.phase("worker") == "ready");
  CHECK(world.run("worker").value == 2);
  CHECK(world.service("worker").restarts == 0);
  CHECK(world.run("viewer").value == 1);
}

TEST_CASE("an edge restart: true may be soft: ordered after, not blocked by, restarted after") {
  StackSpec spec = stack_of("broker; worker: broker!");
  in(spec, "worker").needs.front().soft = true;
  World world(spec);
  world.boot();
  REQUIRE(world.run("worker").value == 1);
  world.dies("broker");
  CHECK(world.phase("worker") == "ready");
  world.pass(1s);
  CHECK(world.run("broker").value == 2);
  CHECK(world.run("worker").value == 2);
  world.stop({"broker"});
  CHECK(world.phase("worker") == "ready");
}

TEST_CASE("an edge restart: true: a need that comes back unready-and-ready is the same run") {
  StackSpec spec = stack_of("broker; worker: broker!");
  in(spec, "broker").ready = exec_probe();
  World world(spec);
  world.boot();
  world.pass(1s);
  world.probes[{"broker", ProbeRole::ready}] = ProbeOutcome::failed;
  world.pass(3s);
  REQUIRE(world.phase("broker") == "unready");
  world.probes.clear();
  world.pass(3s);
  CHECK(world.run("worker").value == 1);
}

TEST_CASE("an edge restart: true spreads along its chain, one after the other") {
  World world(stack_of("a; b: a!; c: b!"));
  world.boot();
  world.dies("a");
  world.pass(10s);
  CHECK(world.verdict() == "working");
  for (const char* name : {"a", "b", "c"})
    CHECK(world.run(name).value == 2);
}

TEST_CASE("a dependency that is failed stops its dependents in order, and they wait") {
  StackSpec spec = stack_of("db; web: db; proxy: web; other");
  in(spec, "db").restart.when = RestartWhen::never;
  World world(spec);
  world.boot();
  static_cast<void>(world.asked());
  world.dies("db");
  CHECK(world.asked() == Lines{"signal proxy SIGTERM", "signal web SIGTERM"});
  CHECK(world.phase("web") == "waiting");
  CHECK(world.why("web") == "needs db, which failed");
  CHECK(world.why("proxy") == "needs web, which is waiting");
  CHECK(world.as<Waiting>("proxy").held);
  CHECK(world.phase("other") == "ready");
  CHECK(world.service("web").restarts == 0);
  world.start({"proxy"});
  CHECK(world.verdict() == "working");
}

TEST_CASE("a dependent that dies while its dependency is away waits for it") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.dies("db");
  world.dies("web");
  world.pass(1s);
  CHECK(world.verdict() == "working");
}

TEST_CASE("a dependent of which a need comes back waits for its other needs too") {
  StackSpec spec = stack_of("db; cache; web: db cache");
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.spawn_fails("cache", ENOENT);
  CHECK(world.why("web") == "needs cache, which failed");
  world.start({"cache"});
  world.spawned("cache");
  CHECK(world.phase("web") == "starting");
}
