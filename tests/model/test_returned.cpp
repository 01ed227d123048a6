#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

constexpr int pid = 4711;

FoundRun found(const World& world, const std::string& name, std::uint64_t run, int main_pid = pid) {
  return {world.id(name), {run}, main_pid, true, false};
}

} // namespace

TEST_CASE("returned: what runs carries on, and nothing is started twice") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.asked();
  world.door_moved();
  world.engine_returns({found(world, "db", 1), found(world, "web", 1)});
  CHECK(world.asked().empty());
  CHECK(world.verdict() == "working");
  // Whether the last one stood open is not known.
  CHECK(world.door_moved() == Lines{"opens"});
  world.dies("db");
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("returned: the door is told to be closed where it is to be") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.engine_returns({});
  CHECK(world.door_moved() == Lines{"closes"});
}

TEST_CASE("returned: a spawn that was asked for") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.asked();
  SECTION("was made") {
    world.engine_returns({found(world, "db", 1)});
    CHECK(world.asked().empty());
    CHECK(world.phase("db") == "ready");
  }
  SECTION("was not") {
    // The ledger is told what the engine would have been: the launch came to nothing.
    world.play(SpawnFailed{world.id("db"), {1}, 11, "the engine ended"});
    world.engine_returns({});
    world.pass(1s);
    CHECK(world.asked() == Lines{"spawn db 2"});
  }
}

TEST_CASE("returned: no number is used again where the state knows of none") {
  World world(stack_of("db; web"));
  world.play(EngineReturned{.found = {}, .done = {}, .used = {{7}, {0}}});
  CHECK(world.service("db").last_run.value == 8);
  CHECK(world.service("web").last_run.value == 1);
}

TEST_CASE("returned: of what nothing is known but that it was ready, only who is asked is asked again") {
  auto spec = stack_of("db; web");
  spec.services[0].ready.kind = ProbeKind::notify;
  spec.services[1].ready.kind = ProbeKind::exec;
  World world(spec);
  FoundRun db = found(world, "db", 7);
  FoundRun web = found(world, "web", 7);
  db.was_ready = web.was_ready = true;
  world.engine_returns({db, web});
  CHECK(world.phase("db") == "ready");
  CHECK(world.phase("web") == "starting");
}

TEST_CASE("returned: what was ready before a reload made it a task is not ready") {
  auto spec = stack_of("setup");
  in(spec, "setup").task = TaskRun::once;
  World world(spec);
  FoundRun setup = found(world, "setup", 7);
  setup.was_ready = true;
  world.engine_returns({setup});
  CHECK(world.phase("setup") == "starting");
}

TEST_CASE("returned: a signal that was decided and not sent is sent, and the rung has its whole time") {
  World world(stack_of("db"));
  world.boot();
  world.asked();
  world.deaf = {"db"};
  world.stop({"db"});
  const Lines signal = world.asked();
  world.pass(9s);
  FoundRun run = found(world, "db", 1);
  run.rung_done = false;
  world.engine_returns({run});
  CHECK(world.asked() == signal);
  world.pass(9s);
  CHECK(world.asked().empty());
  world.pass(1s);
  CHECK(world.asked() == Lines{"kill db"});
}

TEST_CASE("returned: a ladder that begins now is climbed once") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.asked();
  world.stop({"db"});
  REQUIRE(world.phase("db") == "stopping");
  // No rung was done: the engine died before it heard of the birth.
  FoundRun run = found(world, "db", 1);
  run.rung_done = false;
  SECTION("its main process lives") {
    world.engine_returns({run});
    CHECK(world.asked() == Lines{"signal db SIGTERM"});
  }
  SECTION("what is left of it lives") {
    run.pid = 0;
    world.engine_returns({run});
    CHECK(world.asked() == Lines{"signal all of db SIGTERM"});
  }
}

TEST_CASE("returned: a kill that was asked for is asked for again, a signal is not") {
  World world(stack_of("db"));
  world.boot();
  world.deaf = {"db"};
  world.immortal = {"db"};
  world.stop({"db"});
  world.asked();
  world.engine_returns({found(world, "db", 1)});
  CHECK(world.asked().empty());
  world.pass(10s);
  CHECK(world.asked() == Lines{"kill db"});
  world.engine_returns({found(world, "db", 1)});
  CHECK(world.asked() == Lines{"kill db"});
}

TEST_CASE("returned: probes and looks are asked again") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = exec_probe();
  in(spec, "web").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.pass(100ms);
  REQUIRE(world.asked().back() == "ask db ready");
  world.engine_returns({found(world, "db", 1)});
  world.pass(0s);
  CHECK(world.asked() == Lines{"ask db ready"});
  world.answers("db", ProbeRole::ready, ProbeOutcome::succeeded);
  REQUIRE(world.asked() == Lines{"look web"});
  world.engine_returns({found(world, "db", 1)});
  CHECK(world.asked() == Lines{"look web"});
}

TEST_CASE("returned: a run whose leaf is empty is over when its exit is told") {
  World world(stack_of("db"));
  world.boot();
  world.obedient = false;
  world.engine_returns({});
  CHECK(world.phase("db") == "ready");
  world.exits("db");
  CHECK(world.phase("db") == "backoff");
}

TEST_CASE("returned: without a state, what lives carries on, and the rest is started") {
  StackSpec spec = stack_of("db; setup; web: db setup");
  in(spec, "setup").task = TaskRun::once;
  in(spec, "db").ready = exec_probe();
  World world(spec);
  world.play(EngineReturned{{found(world, "db", 17)}, {world.id("setup")}});
  CHECK(world.run("db").value == 17);
  CHECK(world.phase("db") == "starting");
  CHECK(world.asked().empty());
  world.pass(1s);
  CHECK(world.run("db").value == 17);
  CHECK(world.asked() == Lines{"ask db ready", "spawn web 1"});
  CHECK(world.verdict() == "working");
}

TEST_CASE("returned: an end that was told to an engine that died is told again") {
  World world(stack_of("db"));
  world.boot();
  world.shut_down();
  REQUIRE(world.asked().back() == "end 0");
  world.engine_returns({});
  CHECK(world.asked() == Lines{"end 0"});
}

TEST_CASE("returned: what is to be remembered is told again") {
  StackSpec spec = stack_of("setup");
  in(spec, "setup").task = TaskRun::once;
  World world(spec);
  world.boot();
  world.exits("setup", {});
  world.empties("setup");
  REQUIRE(world.asked().back() == "remember setup");
  world.engine_returns({});
  CHECK(world.asked() == Lines{"remember setup"});
}

TEST_CASE("returned: an exit that overtook the news of its birth is charged all the same") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.exits("db");
  REQUIRE(world.phase("db") == "stopping");
  world.engine_returns({});
  CHECK(world.phase("db") == "backoff");
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("returned: the ladder of remains does not begin anew with each engine") {
  World world(stack_of("db"));
  world.deaf = {"db"};
  world.play(EngineReturned{{found(world, "db", 3, 0)}, {}});
  REQUIRE(world.asked() == Lines{"signal all of db SIGTERM"});
  world.engine_returns({found(world, "db", 3, 0)});
  CHECK(world.asked().empty());
}

TEST_CASE("returned: what was killed before its birth was known is killed again, and its ladder is over") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.asked();
  world.stop({"db"});
  world.pass(10s);
  REQUIRE(world.asked() == Lines{"kill db"});
  world.engine_returns({found(world, "db", 1, 0)});
  CHECK(world.asked() == Lines{"kill db"});
}

TEST_CASE("returned: charges outlive an engine") {
  StackSpec spec = stack_of("a");
  in(spec, "a").restart.budget = 1;
  World world(spec);
  world.boot();
  world.dies("a");
  world.pass(1s);
  world.engine_returns({found(world, "a", 2)});
  world.dies("a");
  CHECK(world.phase("a") == "failed");
}
