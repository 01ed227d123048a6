#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

World with_task() {
  StackSpec spec = stack_of("db; migrate: db; web: migrate");
  in(spec, "migrate").task = TaskRun::before_start;
  in(spec, "migrate").restart.when = RestartWhen::never;
  World world(spec);
  world.boot();
  return world;
}

constexpr ExitStatus well{.code = 0, .signal = 0};

} // namespace

TEST_CASE("task: what needs it waits until it is done, not until it runs") {
  World world = with_task();
  CHECK(world.phase("migrate") == "starting");
  world.pass(50s);
  world.says_ready("migrate");
  CHECK(world.phase("migrate") == "starting");
  CHECK(world.why("web") == "needs migrate, which is starting");
  world.dies("migrate", well);
  CHECK(world.phase("migrate") == "done");
  CHECK(world.why("migrate") == "exit code 0 after 50 s");
  CHECK(world.verdict() == "working");
}

TEST_CASE("task: one that ends badly is failed, and held") {
  World world = with_task();
  world.dies("migrate");
  CHECK(world.phase("migrate") == "failed");
  CHECK(world.why("migrate") == "exit code 1 after 0 s, and it is not restarted then");
  CHECK(world.why("web") == "needs migrate, which failed");
  CHECK(world.verdict() == "failed");
  world.start({"web"});
  world.dies("migrate", well);
  CHECK(world.verdict() == "working");
}

TEST_CASE("task: has start_within to end") {
  World world = with_task();
  world.pass(1min);
  CHECK(world.phase("migrate") == "failed");
  CHECK(world.why("migrate") == "not ready within 1 min");
}

TEST_CASE("task: done stays done until it is asked for") {
  World world = with_task();
  world.dies("migrate", well);
  world.start({"web", "migrate"});
  CHECK(world.run("migrate").value == 1);
  world.dies("db");
  world.pass(1min);
  CHECK(world.run("migrate").value == 1);
  SECTION("asked for") {
    world.task({"migrate"});
    CHECK(world.phase("migrate") == "starting");
    CHECK(world.phase("web") == "ready");
  }
  SECTION("restarted") {
    world.restart({"migrate"});
    CHECK(world.phase("migrate") == "starting");
  }
  SECTION("the stack is started again") {
    world.stop();
    CHECK(world.phase("migrate") == "down");
    world.start();
    CHECK(world.phase("migrate") == "starting");
  }
  SECTION("the stack is restarted") {
    world.restart();
    CHECK(world.phase("migrate") == "starting");
    CHECK(world.phase("web") == "waiting");
  }
  CHECK(world.run("migrate").value == 2);
}

TEST_CASE("task: to be run once, it is remembered, and is done from then on") {
  StackSpec spec = stack_of("db; migrate: db; web: migrate");
  in(spec, "migrate").task = TaskRun::once;
  in(spec, "migrate").restart.when = RestartWhen::never;
  World world(spec);
  world.boot();
  world.asked();
  world.dies("migrate", well);
  CHECK(world.asked() == Lines{"remember migrate", "spawn web 1"});
  world.stop();
  world.start();
  CHECK(world.phase("migrate") == "done");
  CHECK(world.run("migrate").value == 1);
  SECTION("unless it is asked for by name") {
    world.task({"migrate"});
    CHECK(world.run("migrate").value == 2);
  }
  SECTION("or its program changes") {
    in(spec, "migrate").program.command = {"/usr/bin/other"};
    world.reload(spec);
    CHECK(world.phase("migrate") == "starting");
  }
  SECTION("a reload that remembers it changes nothing") {
    world.reload(spec, {}, {"migrate"});
    CHECK(world.run("migrate").value == 1);
  }
}

TEST_CASE("task: to be run once, done before this daemon") {
  StackSpec spec = stack_of("migrate; web: migrate");
  in(spec, "migrate").task = TaskRun::once;
  World world(spec);
  world.play(StackStarted{{world.id("migrate")}});
  CHECK(world.phase("migrate") == "done");
  CHECK(world.why("migrate") == "it ended well before");
  CHECK(world.verdict() == "working");
}

TEST_CASE("task: on command it runs when it is asked for, and never counts") {
  StackSpec spec = stack_of("db; reindex: db");
  in(spec, "reindex").task = TaskRun::on_command;
  in(spec, "reindex").restart.when = RestartWhen::never;
  World world(spec);
  world.boot();
  CHECK(world.phase("reindex") == "down");
  CHECK(world.why("reindex") == "runs on command");
  CHECK(world.verdict() == "working");
  world.task({"reindex"});
  CHECK(world.phase("reindex") == "starting");
  CHECK(world.verdict() == "working");
  SECTION("well") {
    world.dies("reindex", well);
    CHECK(world.phase("reindex") == "done");
    world.restart();
    CHECK(world.run("reindex").value == 1);
  }
  SECTION("badly") {
    world.dies("reindex");
    CHECK(world.phase("reindex") == "failed");
    CHECK(world.verdict() == "working");
    world.task({"reindex"});
    CHECK(world.phase("reindex") == "starting");
  }
}
