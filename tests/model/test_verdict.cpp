#include "model/words.h"
#include "support/catch.h"
#include "world.h"

#include <cerrno>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("verdict: starting, working, and the door") {
  World world(stack_of("db; web: db"));
  CHECK(world.verdict() == "stopped");
  world.obedient = false;
  world.boot();
  CHECK(world.verdict() == "starting");
  CHECK(verdict_words(world.stack()) == "db is starting: the stack is started");
  world.spawned("db");
  CHECK_FALSE(world.stack().door_open());
  world.spawned("web");
  CHECK(world.verdict() == "working");
  CHECK(world.stack().door_open());
  CHECK(verdict_words(world.stack()).empty());
  CHECK(world.stack().verdict_since() == world.now().wall);
}

TEST_CASE("verdict: degraded when only what is not critical is missing") {
  World world(stack_of("db; (worker): db"));
  world.boot();
  world.dies("worker");
  CHECK(world.verdict() == "degraded");
  CHECK(world.stack().door_open());
  CHECK(verdict_words(world.stack()) == "worker is backoff: exit code 1 after 0 s; next start after 1 s");
  world.pass(1s);
  CHECK(world.verdict() == "working");
}

TEST_CASE("verdict: a start is over when it is degraded, then trouble is broken") {
  StackSpec spec = stack_of("db; (worker): db");
  in(spec, "worker").ready = notify();
  World world(spec);
  world.boot();
  CHECK(world.verdict() == "degraded");
  world.dies("db");
  CHECK(world.verdict() == "broken");
}

TEST_CASE("verdict: still starting while a critical one is in backoff before the first working") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.dies("db");
  CHECK(world.phase("db") == "backoff");
  CHECK(world.verdict() == "starting");
}

TEST_CASE("verdict: a start that only waits for a person is broken, not starting") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.missing["db"] = "/x is missing";
  world.boot();
  CHECK(world.verdict() == "broken");
  CHECK(verdict_words(world.stack()) == "db is waiting: /x is missing");
}

TEST_CASE("verdict: failed when a critical one is, and its words name it") {
  World world(stack_of("db; web: db; (worker)"));
  world.obedient = false;
  world.boot();
  SECTION("not critical") {
    world.spawned("db");
    world.spawned("web");
    world.spawn_fails("worker", ENOENT);
    CHECK(world.verdict() == "degraded");
  }
  SECTION("critical") {
    world.spawn_fails("db", ENOENT);
    CHECK(world.verdict() == "failed");
    CHECK_FALSE(world.stack().door_open());
    CHECK(verdict_words(world.stack()) ==
          "the stack could not be mended: db is failed: cannot start db: /usr/bin/x: it failed (execve)");
    world.start({"db"});
    CHECK(world.verdict() == "starting");
  }
}

TEST_CASE("verdict: a critical one that an operator stopped is broken, not critical ones do not count") {
  World world(stack_of("db; (worker)"));
  world.boot();
  world.stop({"worker"});
  CHECK(world.verdict() == "working");
  world.stop({"db"});
  CHECK(world.verdict() == "broken");
  CHECK(verdict_words(world.stack()) == "db is down: stopped by root");
}

TEST_CASE("verdict: the door closes when a critical one is to leave, before it is signalled") {
  World world(stack_of("db; (worker): db"));
  world.deaf = {"worker"};
  world.boot();
  world.stop({"db"});
  CHECK(world.phase("db") == "ready");
  CHECK(world.phase("worker") == "stopping");
  CHECK_FALSE(world.stack().door_open());
  CHECK(verdict_words(world.stack()) == "db is ready: stopped by root");
}

TEST_CASE("verdict: stopping and stopped") {
  World world(stack_of("db"));
  world.deaf = {"db"};
  world.boot();
  world.stop();
  CHECK(world.verdict() == "stopping");
  CHECK(verdict_words(world.stack()).empty());
  world.dies("db");
  CHECK(world.verdict() == "stopped");
}

TEST_CASE("verdict: a disabled critical service is not missed") {
  StackSpec spec = stack_of("db; extra");
  in(spec, "extra").enabled = false;
  World world(spec);
  world.boot();
  CHECK(world.verdict() == "working");
}

TEST_CASE("verdict: what survives its kill does not come") {
  World world(stack_of("db"));
  world.deaf = {"db"};
  world.immortal = {"db"};
  world.boot();
  world.restart();
  CHECK(world.verdict() == "starting");
  world.pass(1min);
  CHECK(world.verdict() == "broken");
}
