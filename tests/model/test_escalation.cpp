

#include "model/words.h"
#include "support/catch.h"
#include "world.h"

#include <cerrno>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// "db" is critical and has no restart of its own left when it dies.
StackSpec brittle(WhenBroken when_broken, unsigned stack_budget) {
  StackSpec spec = stack_of("db; web: db; (worker): db");
  for (ServiceSpec& service : spec.services)
    service.restart.budget = 0;
  spec.when_broken = when_broken;
  spec.stack_budget = {.count = stack_budget, .window = 1h};
  return spec;
}

} // namespace

TEST_CASE("escalation: one that is not critical is failed, and nothing more") {
  World world(brittle(WhenBroken::stop, 1));
  world.boot();
  world.asked();
  world.dies("worker");
  CHECK(world.phase("worker") == "failed");
  CHECK(world.verdict() == "degraded");
  CHECK(world.stack().door_open());
  CHECK(world.asked().empty());
}

TEST_CASE("escalation: a critical one costs a restart of the whole stack, in order, with fresh budgets") {
  World world(brittle(WhenBroken::stop, 1));
  world.boot();
  world.dies("worker");
  REQUIRE(world.phase("worker") == "failed");
  world.asked();
  world.dies("db");
  CHECK(world.asked() == Lines{"signal web SIGTERM", "spawn db 2", "spawn web 2", "spawn worker 2"});
  CHECK(world.verdict() == "working");
  CHECK(world.service("db").restarts == 0);
  CHECK(world.stack().state().restarts == 1);
}

TEST_CASE("escalation: why the others are restarted is told") {
  World world(brittle(WhenBroken::stop, 1));
  world.boot();
  world.obedient = false;
  world.dies("db");
  CHECK(world.phase("db") == "starting");
  CHECK(world.why("db") == "the whole stack is restarted, since db failed");
  world.dies("worker");
  CHECK(world.phase("web") == "stopping");
}

TEST_CASE("escalation: after the stack's budget it is taken down in order, and the daemon exits 1") {
  World world(brittle(WhenBroken::stop, 1));
  world.boot();
  world.dies("db");
  world.asked();
  world.told();
  world.deaf = {"web"};
  world.dies("db");
  CHECK(world.verdict() == "failed");
  CHECK_FALSE(world.stack().door_open());
  CHECK(world.asked() == Lines{"signal web SIGTERM", "signal worker SIGTERM"});
  world.pass(1min);
  CHECK(world.asked() == Lines{"kill web", "end 1"});
  CHECK(world.verdict() == "failed");
  CHECK(world.phase("db") == "failed");
  CHECK(world.phase("web") == "down");
  CHECK(world.why("web") == "the stack could not be mended: db is failed: exit code 1 after 0 s; 0 restarts "
                            "within 10 min are spent");
}

TEST_CASE("escalation: a stack that is given up hears no command any more where it stops") {
  World world(brittle(WhenBroken::stop, 0));
  world.boot();
  world.dies("db");
  REQUIRE(world.asked().back() == "end 1");
  world.start();
  CHECK(world.asked().empty());
  CHECK(world.phase("web") == "down");
}

TEST_CASE("escalation: hold leaves up what is up, and waits for a command") {
  World world(brittle(WhenBroken::hold, 0));
  world.boot();
  world.asked();
  world.dies("db");
  CHECK(world.verdict() == "failed");
  CHECK_FALSE(world.stack().door_open());
  world.pass(2h);
  CHECK(world.verdict() == "failed");
  CHECK(world.phase("web") == "waiting");
  SECTION("start mends") {
    world.start();
    CHECK(world.verdict() == "working");
    CHECK(world.stack().door_open());
  }
  SECTION("what failed is stopped: no longer failed") {
    world.stop({"db"});
    CHECK(world.verdict() == "broken");
  }
  SECTION("the stack is stopped") {
    world.stop();
    CHECK(world.verdict() == "stopped");
  }
}

TEST_CASE("escalation: the stack's budget is a sliding window") {
  World world(brittle(WhenBroken::hold, 2));
  world.boot();
  world.dies("db");
  world.pass(59min);
  world.dies("db");
  CHECK(world.verdict() == "working");
  world.pass(1min);
  world.dies("db");
  CHECK(world.verdict() == "working");
  world.dies("db");
  CHECK(world.verdict() == "failed");
}

TEST_CASE("escalation: what cannot be executed is not helped by restarts of others") {
  World world(brittle(WhenBroken::hold, 5));
  world.obedient = false;
  world.boot();
  world.spawn_fails("db", ENOENT);
  CHECK(world.verdict() == "failed");
  CHECK(world.stack().state().restarts == 0);
}

TEST_CASE("escalation: the start of a stack is bounded") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 1h;
  spec.start_within = 10min;
  World world(spec);
  world.boot();
  world.pass(9min);
  CHECK(world.verdict() == "starting");
  world.pass(1min);
  CHECK(world.verdict() == "failed");
  CHECK(verdict_words(world.stack()) ==
        "the stack did not work within 10 min of its start: db is starting: the stack is started");
  world.says_ready("db");
  CHECK(world.verdict() == "failed");
  CHECK_FALSE(world.stack().door_open());
}

TEST_CASE("escalation: the bound stands still while a start makes progress") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = notify();
  in(spec, "db").progress = exec_probe();
  in(spec, "db").start_within = 4min;
  spec.start_within = 5min;
  World world(spec);
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::succeeded;
  world.boot();
  world.pass(3h);
  CHECK(world.verdict() == "starting");
  CHECK(world.stack().state().bound == never);
  world.probes[{"db", ProbeRole::progress}] = ProbeOutcome::failed;
  world.pass(3s);
  CHECK(world.stack().state().bound != never);
  world.says_ready("db");
  CHECK(world.verdict() == "working");
  CHECK(world.stack().state().bound == never);
}

TEST_CASE("escalation: recovery is bounded from the closing of the door") {
  StackSpec spec = stack_of("db; (worker)");
  spec.recover_within = 5min;
  in(spec, "db").restart = {.delay = 10min, .up_to = 10min, .jitter_percent = 0};
  World world(spec);
  world.boot();
  world.dies("db");
  REQUIRE(world.phase("db") == "backoff");
  CHECK(world.verdict() == "broken");
  world.pass(5min - 1s);
  CHECK(world.verdict() == "broken");
  world.pass(1s);
  CHECK(world.verdict() == "failed");
  CHECK(verdict_words(world.stack()).starts_with("the stack did not work again within 5 min: db is backoff"));
  world.pass(10min);
  CHECK(world.phase("db") == "ready");
  CHECK(world.verdict() == "failed");
}

TEST_CASE("escalation: what an operator stopped is no trouble, nor what waits for it") {
  StackSpec spec = stack_of("db; web: db; proxy: web; other");
  in(spec, "other").restart.delay = 10s;
  World world(spec);
  world.boot();
  world.deaf = {"proxy"};
  world.stop({"db"});
  CHECK(world.verdict() == "broken");
  CHECK(world.stack().state().bound == never);
  world.pass(1h);
  CHECK(world.verdict() == "broken");
  SECTION("but another that is missing is") {
    world.dies("other");
    world.dies("other");
    CHECK(world.stack().state().bound != never);
    world.pass(10s);
    CHECK(world.stack().state().bound == never);
  }
}

TEST_CASE("escalation: a command gives the whole time again") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 1h;
  spec.start_within = 10min;
  World world(spec);
  world.boot();
  world.pass(9min);
  world.start({"db"});
  world.pass(9min);
  CHECK(world.verdict() == "starting");
}
