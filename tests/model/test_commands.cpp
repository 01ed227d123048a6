#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// Dies until its budget is spent.
void spend(World& world, const std::string& name) {
  while (world.phase(name) != "failed") {
    world.dies(name);
    world.pass(1min);
    if (world.phase(name) == "failed") return;
  }
}

} // namespace

TEST_CASE("stop of one: what hard-needs it stops first, stays wanted and waits") {
  World world(stack_of("db; web: db; proxy: web; (worker): db?"));
  world.boot();
  static_cast<void>(world.asked());
  world.stop({"db"});
  CHECK(world.asked() == Lines{"signal proxy SIGTERM", "signal web SIGTERM", "signal db SIGTERM"});
  CHECK(world.phase("db") == "down");
  CHECK(world.why("web") == "needs db, stopped by root");
  CHECK(world.phase("proxy") == "waiting");
  CHECK(world.phase("worker") == "ready");
  CHECK(world.verdict() == "broken");
  world.pass(1h);
  CHECK(world.phase("db") == "down");
  world.start({"db"});
  CHECK(world.verdict() == "working");
}

TEST_CASE("start brings its needs back") {
  World world(stack_of("db; web: db; proxy: web"));
  world.boot();
  world.stop({"db"});
  world.start({"proxy"});
  CHECK(world.verdict() == "working");
}

TEST_CASE("start does not bring soft needs back") {
  World world(stack_of("(cache); web: cache?"));
  world.boot();
  world.stop({"cache", "web"});
  world.start({"web"});
  CHECK(world.phase("web") == "ready");
  CHECK(world.phase("cache") == "down");
}

TEST_CASE("restart of one: dependents stop first and come back; nothing is charged") {
  World world(stack_of("db; web: db; other"));
  world.boot();
  static_cast<void>(world.asked());
  world.restart({"db"});
  CHECK(world.asked() == Lines{"signal web SIGTERM", "signal db SIGTERM", "spawn db 2", "spawn web 2"});
  CHECK(world.verdict() == "working");
  CHECK(world.run("other").value == 1);
  CHECK(world.service("db").restarts + world.service("web").restarts == 0);
}

TEST_CASE("restart of one that does not run is a start") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.stop({"db"});
  world.restart({"web"});
  CHECK(world.verdict() == "working");
  CHECK(world.run("web").value == 2);
}

TEST_CASE("restart of one that waits in backoff starts it at once") {
  World world(stack_of("db"));
  world.boot();
  world.dies("db");
  world.restart({"db"});
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("restart of the whole: each once, in order, the door closed at once") {
  World world(stack_of("db; web: db; (worker): web"));
  world.boot();
  world.deaf = {"worker"};
  static_cast<void>(world.told());
  world.restart();
  CHECK(world.told().back() == "working > starting");
  CHECK_FALSE(world.stack().door_open());
  world.dies("worker");
  CHECK(world.verdict() == "working");
  for (const char* name : {"db", "web", "worker"})
    CHECK(world.run(name).value == 2);
}

TEST_CASE("restart of the whole leaves what an operator stopped where it is enabled: it comes back") {
  World world(stack_of("db; web"));
  world.boot();
  world.stop({"web"});
  world.restart();
  CHECK(world.verdict() == "working");
  CHECK(world.run("db").value == 2);
}

TEST_CASE("start and stop of the whole") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.stop();
  CHECK(world.verdict() == "stopped");
  CHECK(world.phase("web") == "down");
  world.pass(24h);
  CHECK(world.verdict() == "stopped");
  world.start();
  CHECK(world.verdict() == "working");
}

TEST_CASE("a part of a stopped stack may be started, and no old bound ends it") {
  World world(stack_of("db; web: db; other"));
  world.boot();
  world.stop();
  world.start({"db"});
  CHECK(world.phase("db") == "ready");
  CHECK(world.phase("other") == "down");
  CHECK(world.verdict() == "broken");
  world.pass(24h);
  CHECK(world.run("db").value == 2);
}

TEST_CASE("a second stop does not move the first one's bound") {
  StackSpec spec = stack_of("db");
  in(spec, "db").stop = {signal_rung(15, 1h)};
  spec.stop_within = 30s;
  World world(spec);
  world.deaf = {"db"};
  world.boot();
  world.stop();
  world.pass(20s);
  world.stop();
  world.pass(10s);
  CHECK(world.verdict() == "stopped");
}

TEST_CASE("stop of a failed one: down, and no longer held against the stack") {
  World world(stack_of("db; (extra)"));
  world.boot();
  spend(world, "extra");
  CHECK(world.verdict() == "degraded");
  world.stop({"extra"});
  CHECK(world.phase("extra") == "down");
  CHECK(world.verdict() == "working");
  spend(world, "db");
  CHECK(world.verdict() == "failed");
  world.stop({"db"});
  CHECK(world.verdict() == "broken");
}

TEST_CASE("start of a failed one clears its budget and its delay") {
  World world(stack_of("db"));
  world.boot();
  spend(world, "db");
  world.start({"db"});
  CHECK(world.phase("db") == "ready");
  CHECK(world.service("db").charges.empty());
  world.dies("db");
  CHECK(world.until_next() == 1s);
}

TEST_CASE("start clears budget and delay of one that is stopped, dying, or waits, too") {
  World world(stack_of("need; db: need"));
  world.boot();
  for (int death = 0; death < 5; ++death) {
    world.dies("db");
    world.pass(1min);
  }
  REQUIRE(world.service("db").charges.size() == 5);
  SECTION("stopped") {
    world.stop({"db"});
    world.start({"db"});
  }
  SECTION("waiting") {
    world.stop({"need"});
    world.start({"db"});
  }
  SECTION("dying") {
    world.exits("db");
    REQUIRE(world.phase("db") == "stopping");
    world.start({"db"});
    world.empties("db");
  }
  SECTION("running") {
    world.restart({"db"});
  }
  CHECK(world.phase("db") == "ready");
  CHECK(world.service("db").charges.empty());
  CHECK(world.service("db").unsettled == 0);
}

TEST_CASE("start while it stops: it stops to the end and starts again") {
  World world(stack_of("db"));
  world.boot();
  world.deaf = {"db"};
  world.stop({"db"});
  world.start({"db"});
  CHECK(world.phase("db") == "stopping");
  world.dies("db");
  CHECK(world.phase("db") == "ready");
  CHECK(world.run("db").value == 2);
  CHECK(world.service("db").restarts == 0);
}

TEST_CASE("restart while it stops, and stop while it restarts: the last command counts") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.deaf = {"db", "web"};
  SECTION("restart after stop") {
    world.stop({"db"});
    world.restart({"db"});
    world.dies("web");
    world.dies("db");
    CHECK(world.verdict() == "working");
    CHECK(world.run("db").value == 2);
  }
  SECTION("stop after restart") {
    world.restart({"db"});
    world.stop({"db"});
    world.dies("web");
    world.dies("db");
    CHECK(world.phase("db") == "down");
    CHECK(world.why("web") == "needs db, stopped by root");
  }
  SECTION("restart while its exit is being cleared away") {
    world.exits("db");
    world.restart({"db"});
    world.dies("web");
    world.empties("db");
    CHECK(world.verdict() == "working");
    CHECK(world.service("db").restarts == 0);
  }
}

TEST_CASE("a restart while it starts begins anew") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = notify();
  World world(spec);
  world.boot();
  world.restart({"db"});
  CHECK(world.phase("db") == "starting");
  CHECK(world.run("db").value == 2);
}

TEST_CASE("what is started says who asked, not how its last run ended in order") {
  StackSpec spec = stack_of("need; db: need");
  in(spec, "db").ready = notify();
  World world(spec);
  world.boot();
  world.says_ready("db");
  SECTION("stopped and started") {
    world.deaf = {"db"};
    world.stop({"db"});
    world.start({"db"});
    world.dies("db");
    CHECK(world.why("db") == "started by root");
  }
  SECTION("restarted") {
    world.restart({"db"});
    CHECK(world.why("db") == "restarted by root");
  }
  SECTION("its need was restarted") {
    world.restart({"need"});
    CHECK(world.why("db") == "need was restarted");
  }
}

TEST_CASE("commands after the daemon was asked to end change nothing") {
  World world(stack_of("db"));
  world.boot();
  world.deaf = {"db"};
  world.shut_down();
  world.start({"db"});
  world.restart();
  world.boot();
  world.dies("db");
  CHECK(world.phase("db") == "down");
}
