#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("reload: nothing changed, nothing done") {
  const StackSpec spec = stack_of("db; web: db");
  World world(spec);
  world.boot();
  world.asked();
  world.told();
  world.reload(spec);
  CHECK(world.asked().empty());
  CHECK(world.told().empty());
}

TEST_CASE("reload: what changed in how it is started restarts it and what needs it, uncharged") {
  StackSpec spec = stack_of("db; web: db; other");
  World world(spec);
  world.boot();
  world.asked();
  in(spec, "db").program.umask = 0077;
  world.reload(spec);
  CHECK(world.asked() == Lines{"signal web SIGTERM", "signal db SIGTERM", "spawn db 2", "spawn web 2"});
  CHECK(world.verdict() == "working");
  CHECK(world.service("db").restarts == 0);
}

TEST_CASE("reload: policies are live") {
  StackSpec spec = stack_of("a");
  World world(spec);
  world.boot();
  in(spec, "a").restart.budget = 0;
  world.reload(spec);
  CHECK(world.run("a").value == 1);
  world.dies("a");
  CHECK(world.phase("a") == "failed");
}

TEST_CASE("reload: a probe that changed is asked anew") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  World world(spec);
  world.boot();
  world.pass(1s);
  REQUIRE(world.phase("a") == "ready");
  in(spec, "a").ready.every = 10min;
  world.reload(spec);
  CHECK(world.until_next() == 10min);
}

TEST_CASE("reload: the start of one that is starting goes by the new probe") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = running_for(5min);
  World world(spec);
  world.boot();
  in(spec, "a").ready = running_for(0s);
  world.reload(spec);
  CHECK(world.phase("a") == "ready");
  CHECK(world.run("a").value == 1);
}

TEST_CASE("reload: what is removed is stopped in order, what is added is started, new needs hold") {
  StackSpec spec = stack_of("db; web: db; proxy: web");
  World world(spec);
  world.boot();
  world.asked();
  world.reload(stack_of("db; cache; proxy: cache"));
  // The proxy needs the new one from now on: it runs on, and web is stopped without it.
  CHECK(world.asked() == Lines{"signal web SIGTERM", "spawn cache 1"});
  CHECK(world.verdict() == "working");
  CHECK_FALSE(world.stack().find("web"));
}

TEST_CASE("reload: the new one of a rename starts when the old one is gone") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.asked();
  world.obedient = false;
  world.reload(stack_of("db; site: db"));
  CHECK(world.asked() == Lines{"signal web SIGTERM"});
  CHECK(world.why("site") == "web, which was removed, still stops");
  const RunNumber run{1};
  world.play(LeafEmptied{{1}, run});
  world.play(ProcessExited{{1}, run, {.code = 0, .signal = 15}});
  CHECK(world.asked() == Lines{"spawn site 1"});
}

TEST_CASE("reload: removed and there again before it is down, it comes back") {
  const StackSpec spec = stack_of("db; web: db");
  World world(spec);
  world.boot();
  world.deaf = {"web"};
  world.reload(stack_of("db"));
  world.reload(spec);
  CHECK(world.phase("web") == "stopping");
  world.deaf.clear();
  world.dies("web");
  CHECK(world.phase("web") == "ready");
  CHECK(world.run("web").value == 2);
}

TEST_CASE("reload: enabled and disabled") {
  StackSpec spec = stack_of("db; (extra)");
  in(spec, "extra").enabled = false;
  World world(spec);
  world.boot();
  REQUIRE(world.phase("extra") == "down");
  in(spec, "extra").enabled = true;
  world.reload(spec);
  CHECK(world.phase("extra") == "ready");
  in(spec, "extra").enabled = false;
  world.reload(spec);
  CHECK(world.phase("extra") == "down");
  CHECK(world.why("extra") == "disabled");
}

TEST_CASE("reload: what an operator stopped stays stopped, a stopped stack stays down") {
  StackSpec spec = stack_of("db; (worker)");
  World world(spec);
  world.boot();
  world.stop({"worker"});
  in(spec, "worker").program.umask = 0077;
  world.reload(spec);
  CHECK(world.phase("worker") == "down");
  world.stop();
  world.reload(stack_of("db; (worker); cache"));
  CHECK(world.phase("cache") == "down");
  CHECK(world.verdict() == "stopped");
  world.start();
  CHECK(world.phase("cache") == "ready");
}

TEST_CASE("reload: one that failed gets another chance when its program changed") {
  StackSpec spec = stack_of("db; (worker)");
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.spawn_fails("worker", 2);
  REQUIRE(world.phase("worker") == "failed");
  SECTION("its policy is not its program") {
    in(spec, "worker").restart.delay = 2s;
    world.reload(spec);
    CHECK(world.phase("worker") == "failed");
  }
  SECTION("its program") {
    in(spec, "worker").program.command = {"/usr/bin/right"};
    world.reload(spec);
    CHECK(world.phase("worker") == "starting");
  }
}

TEST_CASE("reload: files that changed are read anew, unless it is started anew anyway") {
  StackSpec spec = stack_of("proxy; web: proxy");
  in(spec, "proxy").reload = ReloadSpec{.signal = 1, .exec = {}, .files = {"/etc/nginx/nginx.conf"}};
  World world(spec);
  world.boot();
  world.asked();
  world.reload(spec, {"proxy"});
  CHECK(world.asked() == Lines{"reload proxy"});
  in(spec, "proxy").program.umask = 0;
  world.reload(spec, {"proxy"});
  CHECK(world.asked().front() == "signal web SIGTERM");
}

TEST_CASE("reload: files are not read anew by one that leaves before what it needs") {
  StackSpec spec = stack_of("db; proxy: db");
  in(spec, "proxy").reload = ReloadSpec{.signal = 1, .exec = {}, .files = {"/etc/nginx/nginx.conf"}};
  World world(spec);
  world.boot();
  world.asked();
  in(spec, "db").program.umask = 0;
  world.reload(spec, {"proxy"});
  CHECK(world.asked() == Lines{"signal proxy SIGTERM", "signal db SIGTERM", "spawn db 2", "spawn proxy 2"});
}

TEST_CASE("reload: an added task that runs on command says so") {
  StackSpec spec = stack_of("db");
  World world(spec);
  world.boot();
  StackSpec next = stack_of("db; reindex: db");
  in(next, "reindex").task = TaskRun::on_command;
  world.reload(next);
  CHECK(world.phase("reindex") == "down");
  CHECK(world.why("reindex") == "runs on command");
}

TEST_CASE("reload: in backoff the new program is started at once") {
  StackSpec spec = stack_of("a");
  in(spec, "a").restart.delay = 1min;
  World world(spec);
  world.boot();
  world.dies("a");
  REQUIRE(world.phase("a") == "backoff");
  in(spec, "a").program.umask = 0077;
  world.reload(spec);
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("reload: while the daemon ends nothing is changed") {
  World world(stack_of("db"));
  world.boot();
  world.deaf = {"db"};
  world.shut_down();
  world.reload(stack_of("cache"));
  CHECK(world.stack().find("db"));
  CHECK_FALSE(world.stack().find("cache"));
}

TEST_CASE("reload: runs go on counting for what replaces another of the same name") {
  StackSpec spec = stack_of("db");
  World world(spec);
  world.boot();
  world.restart({"db"});
  in(spec, "db").external = "db.example.org:1";
  in(spec, "db").ready = exec_probe();
  world.reload(spec);
  world.pass(1s);
  CHECK(world.phase("db") == "ready");
  CHECK(world.run("db").value == 3);
}

TEST_CASE("reload: one that is to leave is not asked what its new configuration has not") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = exec_probe();
  World world(spec);
  world.deaf = {"web"};
  world.boot();
  world.pass(1s);
  REQUIRE(world.phase("web") == "ready");
  in(spec, "db").ready = running_for(1s);
  in(spec, "db").program.umask = 0077;
  world.reload(spec);
  world.asked();
  REQUIRE(world.service("db").leaving);
  world.pass(5s);
  CHECK(world.asked().empty());
}

TEST_CASE("reload: one that was started by command is enabled, and restarted where its program changed") {
  StackSpec spec = stack_of("a");
  in(spec, "a").enabled = false;
  World world(spec);
  world.boot();
  world.start({"a"});
  in(spec, "a").enabled = true;
  SECTION("the same program") {
    world.reload(spec);
    CHECK(world.run("a").value == 1);
  }
  SECTION("another program") {
    in(spec, "a").program.umask = 0077;
    world.reload(spec);
    CHECK(world.run("a").value == 2);
  }
}

namespace {

/// A service whose ready probe is out with its question.
World with_question_out(StackSpec spec) {
  World world(std::move(spec));
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.pass(200ms);
  REQUIRE(question_out(world.service("db").phase, ProbeRole::ready) == 1);
  return world;
}

} // namespace

TEST_CASE("reload: an answer to the probe as it was before is not one of the new probe") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = exec_probe();
  World world = with_question_out(spec);
  const auto answer = [&](std::uint64_t question) {
    world.play(ProbeAnswered{world.id("db"), world.run("db"), ProbeRole::ready, question,
                             ProbeOutcome::succeeded, "well"});
  };
  in(spec, "db").ready.exec = {"/usr/bin/stricter"};
  world.reload(spec);
  world.pass(200ms);
  REQUIRE(question_out(world.service("db").phase, ProbeRole::ready) == 2);
  answer(1);
  CHECK(world.phase("db") == "starting");
  CHECK(world.service("db").status_text.empty());
  answer(2);
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("reload: nor does it mend or break what is ready") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = exec_probe();
  in(spec, "db").ready.failures = 1;
  World world = with_question_out(spec);
  world.answers("db", ProbeRole::ready, ProbeOutcome::succeeded);
  world.pass(1s);
  const auto old = question_out(world.service("db").phase, ProbeRole::ready);
  REQUIRE(old == 2);
  in(spec, "db").ready.exec = {"/usr/bin/other"};
  world.reload(spec);
  world.pass(1s);
  world.play(ProbeAnswered{world.id("db"), world.run("db"), ProbeRole::ready, old, ProbeOutcome::failed, {}});
  CHECK(world.phase("db") == "ready");
  world.answers("db", ProbeRole::ready, ProbeOutcome::failed);
  CHECK(world.phase("db") == "unready");
}
