#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

constexpr auto bad = ProbeOutcome::failed;

StackSpec probed(std::string_view line, std::string_view name) {
  StackSpec spec = stack_of(line);
  in(spec, name).ready = exec_probe();
  return spec;
}

StackSpec watched(LiveAction then) {
  StackSpec spec = stack_of("a");
  in(spec, "a").live = LiveProbe{exec_probe(), then};
  in(spec, "a").live->probe.quiet = 10s;
  return spec;
}

void says_stopping(World& world, const std::string& name) {
  world.play(ServiceNotified{.service = world.id(name),
                             .run = world.run(name),
                             .ready = false,
                             .stopping = true,
                             .extend = {},
                             .status = "going down"});
}

} // namespace

TEST_CASE("unready: for want of what needs a person, and so is who waits for it") {
  StackSpec spec = stack_of("(db); (web): db; (proxy): web");
  in(spec, "web").ready = exec_probe();
  in(spec, "db").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.boot();
  world.pass(1s);
  REQUIRE(world.phase("proxy") == "ready");
  world.missing["db"] = "/x is missing";
  world.probes[{"web", ProbeRole::ready}] = bad;
  world.dies("db");
  world.pass(5s);
  REQUIRE(world.phase("web") == "unready");
  world.dies("proxy");
  world.pass(1h);
  CHECK(world.phase("web") == "unready");
  CHECK(world.why("proxy") == "needs web, which is unready");
  CHECK_FALSE(world.stack().coming());
  world.missing.clear();
  world.probes.clear();
  world.pass(6s);
  CHECK(world.verdict() == "working");
}

TEST_CASE("unready: after a row of failures, and back; nothing is restarted") {
  World world(probed("a", "a"));
  world.boot();
  world.pass(1s);
  REQUIRE(world.verdict() == "working");
  world.probes[{"a", ProbeRole::ready}] = bad;
  world.pass(1s);
  CHECK(world.phase("a") == "ready");
  world.pass(1s);
  CHECK(world.phase("a") == "unready");
  CHECK(world.why("a") == "its ready probe failed 2 times in a row");
  CHECK(world.verdict() == "broken");
  world.probes.clear();
  world.pass(1s);
  CHECK(world.phase("a") == "ready");
  CHECK(world.verdict() == "working");
  CHECK(world.run("a").value == 1);
}

TEST_CASE("unready: its dependents run on, those that wait go on waiting") {
  StackSpec spec = probed("db; web: db; late: db", "db");
  in(spec, "late").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.missing["late"] = "/x is missing";
  world.boot();
  world.pass(1s);
  world.probes[{"db", ProbeRole::ready}] = bad;
  world.pass(2s);
  REQUIRE(world.phase("db") == "unready");
  CHECK(world.phase("web") == "ready");
  CHECK(world.why("late") == "needs db, which is unready");
}

TEST_CASE("unready: too long, though its needs are ready, is a charged restart") {
  World world(probed("db; web: db", "web"));
  world.boot();
  world.pass(1s);
  world.probes[{"web", ProbeRole::ready}] = bad;
  world.pass(2s);
  REQUIRE(world.phase("web") == "unready");
  static_cast<void>(world.asked());
  world.deaf = {"web"};
  world.pass(60s);
  CHECK(world.phase("web") == "stopping");
  CHECK(world.asked().back() == "signal web SIGTERM");
  CHECK(world.why("web") == "did not answer for 1 min");
  world.dies("web");
  CHECK(world.service("web").restarts == 1);
}

TEST_CASE("unready: its time counts only while its needs are ready") {
  StackSpec spec = probed("db; web: db", "web");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 10min;
  World world(spec);
  world.boot();
  world.says_ready("db");
  world.pass(1s);
  world.probes[{"web", ProbeRole::ready}] = bad;
  world.pass(2s);
  REQUIRE(world.phase("web") == "unready");
  world.dies("db");
  world.pass(59s);
  REQUIRE(world.phase("db") == "starting");
  world.says_ready("db");
  // The need was away until now: a whole minute again.
  world.pass(59s);
  CHECK(world.phase("web") == "unready");
  world.deaf = {"web"};
  world.pass(1s);
  CHECK(world.phase("web") == "stopping");
}

TEST_CASE("unready: while a need is away it stays, however long") {
  StackSpec spec = probed("db; web: db", "web");
  in(spec, "db").ready = notify();
  in(spec, "db").start_within = 2h;
  World world(spec);
  world.boot();
  world.says_ready("db");
  world.pass(1s);
  world.probes[{"web", ProbeRole::ready}] = bad;
  world.pass(2s);
  world.dies("db");
  world.pass(1h);
  CHECK(world.phase("web") == "unready");
}

TEST_CASE("live: a failure restarts, silent until ready and during quiet") {
  World world(watched(LiveAction::restart));
  world.boot();
  world.deaf = {"a"};
  world.probes[{"a", ProbeRole::live}] = bad;
  world.pass(9s);
  CHECK(world.asked() == Lines{"spawn a 1"});
  world.pass(1s);
  CHECK(world.phase("a") == "ready");
  world.pass(1s);
  CHECK(world.phase("a") == "stopping");
  CHECK(world.asked() == Lines{"ask a live", "ask a live", "signal a SIGTERM"});
  world.dies("a");
  CHECK(world.why("a") == "its live probe failed 2 times in a row; next start after 1 s");
  CHECK(world.service("a").restarts == 1);
}

TEST_CASE("live: alert tells once for each row of failures and restarts nothing") {
  World world(watched(LiveAction::alert));
  world.boot();
  static_cast<void>(world.told());
  world.probes[{"a", ProbeRole::live}] = bad;
  world.pass(20s);
  CHECK(world.told() == Lines{"trouble a: its live probe failed 2 times in a row"});
  world.probes.clear();
  world.pass(1s);
  world.probes[{"a", ProbeRole::live}] = bad;
  world.pass(2s);
  CHECK(world.told().size() == 1);
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("live: unknown is not failed") {
  World world(watched(LiveAction::restart));
  world.probes[{"a", ProbeRole::live}] = ProbeOutcome::unknown;
  world.boot();
  world.pass(1h);
  CHECK(world.phase("a") == "ready");
  CHECK(world.run("a").value == 1);
}

TEST_CASE("live: of an unready service still restarts it") {
  StackSpec spec = watched(LiveAction::restart);
  in(spec, "a").ready = exec_probe();
  in(spec, "a").unready_within = 1h;
  World world(spec);
  world.boot();
  world.pass(20s);
  world.probes[{"a", ProbeRole::ready}] = bad;
  world.pass(5s);
  REQUIRE(world.phase("a") == "unready");
  world.probes[{"a", ProbeRole::live}] = bad;
  world.deaf = {"a"};
  world.pass(2s);
  CHECK(world.phase("a") == "stopping");
}

TEST_CASE("STOPPING=1 that nobody asked for: unready, until the exit or too long") {
  World world(stack_of("a"));
  world.boot();
  says_stopping(world, "a");
  CHECK(world.phase("a") == "unready");
  CHECK(world.why("a") == "it says that it is stopping, and nobody asked: going down");
  CHECK(world.verdict() == "broken");
  SECTION("exit") {
    world.dies("a", {.code = 0, .signal = 0});
    CHECK(world.why("a") == "exit code 0 after 0 s; next start after 1 s");
  }
  SECTION("too long") {
    world.pass(60s);
    CHECK(world.phase("a") == "backoff");
  }
  CHECK(world.service("a").restarts == 1);
}

TEST_CASE("STOPPING=1 is over when READY=1 is said again") {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = notify();
  World world(spec);
  world.boot();
  world.says_ready("a");
  says_stopping(world, "a");
  REQUIRE(world.phase("a") == "unready");
  world.says_ready("a");
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("STOPPING=1: only successes since then count as answering again") {
  StackSpec spec = probed("a", "a");
  in(spec, "a").ready.successes = 3;
  World world(spec);
  world.boot();
  world.pass(10s);
  says_stopping(world, "a");
  world.pass(2s);
  CHECK(world.phase("a") == "unready");
  world.pass(1s);
  CHECK(world.phase("a") == "ready");
}

TEST_CASE("STOPPING=1 of a run that was asked to stop is no news") {
  World world(stack_of("db; web: db"));
  world.deaf = {"web"};
  world.boot();
  world.stop({"db"});
  REQUIRE(world.phase("db") == "ready");
  says_stopping(world, "db");
  CHECK(world.phase("db") == "ready");
}
