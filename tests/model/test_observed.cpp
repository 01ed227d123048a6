// Probes that the observer asks: a peer may say itself that it is not ready yet, and nobody may be there to
// ask it.

#include "support/catch.h"
#include "world.h"

#include <algorithm>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

constexpr auto succeeds = ProbeOutcome::succeeded;
constexpr auto refuses = ProbeOutcome::failed;
constexpr auto recovers = ProbeOutcome::starting;
constexpr auto unseen = ProbeOutcome::unseen;
constexpr auto cannot_look = ProbeOutcome::unknown;

Probe observed() {
  Probe probe = exec_probe();
  probe.kind = ProbeKind::observed;
  probe.exec.clear();
  probe.network.protocol = Protocol::postgresql;
  probe.network.target = "127.0.0.1:5432";
  return probe;
}

/// Ready within 40 s and unready for 30 s at the most, asked each second, failed after two failures.
StackSpec asked_by_observer() {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = observed();
  in(spec, "db").start_within = 40s;
  in(spec, "db").unready_within = 30s;
  return spec;
}

World with_ready(ProbeOutcome outcome, StackSpec spec = asked_by_observer()) {
  World world(std::move(spec));
  world.probes[{"db", ProbeRole::ready}] = outcome;
  world.boot();
  return world;
}

void answer_from_now(World& world, ProbeOutcome outcome) {
  world.probes[{"db", ProbeRole::ready}] = outcome;
}

void say(World& world, ProbeOutcome outcome, const std::string& said) {
  answer_from_now(world, outcome);
  world.pass(1s);
  world.obedient = false;
  world.pass(1s);
  world.answers("db", ProbeRole::ready, outcome, said);
}

} // namespace

TEST_CASE("observed: ready when it answers, not before") {
  World world = with_ready(refuses);
  world.pass(5s);
  CHECK(world.phase("db") == "starting");
  answer_from_now(world, succeeds);
  world.pass(1s);
  CHECK(world.phase("db") == "ready");
  answer_from_now(world, refuses);
  world.pass(2s);
  CHECK(world.phase("db") == "unready");
}

TEST_CASE("observed: one that says that it starts is not late, for progress_up_to at the most") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").progress_up_to = 2h;
  World world = with_ready(recovers, std::move(spec));
  world.deaf = {"db"};
  world.pass(2h - 1s);
  CHECK(world.phase("db") == "starting");
  CHECK(world.verdict() == "starting");
  world.pass(1s);
  CHECK(world.phase("db") == "stopping");
}

TEST_CASE("observed: when it falls silent after all, what was left of its start goes on") {
  World world = with_ready(recovers);
  world.pass(10min);
  REQUIRE(world.as<Starting>("db").held);
  const Duration left = *world.as<Starting>("db").held;
  answer_from_now(world, refuses);
  world.pass(1s);
  CHECK(world.as<Starting>("db").held);
  world.pass(1s);
  REQUIRE_FALSE(world.as<Starting>("db").held);
  CHECK(world.as<Starting>("db").deadline <= world.now().mono + left);
  CHECK(world.as<Starting>("db").deadline > world.now().mono + left - 1s);
  world.pass(left);
  CHECK(world.phase("db") == "backoff");
}

TEST_CASE("observed: what it says of its start is told") {
  World world = with_ready(recovers);
  say(world, recovers, "the database system is starting up");
  CHECK(world.service("db").status_text == "the database system is starting up");
}

TEST_CASE("observed: nobody is late while nobody can ask") {
  World world = with_ready(unseen);
  world.pass(3h);
  CHECK(world.phase("db") == "starting");
  CHECK(world.service("db").restarts == 0);
  REQUIRE(world.as<Starting>("db").held);
  // The first real answer ends that.
  answer_from_now(world, refuses);
  world.pass(1s);
  CHECK_FALSE(world.as<Starting>("db").held);
  world.pass(40s);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: an exec probe that cannot be asked holds nothing") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").ready = exec_probe();
  World world = with_ready(cannot_look, std::move(spec));
  world.pass(41s);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: a mistake of ours, by which nobody can look, holds nothing") {
  World world = with_ready(cannot_look);
  world.pass(39s);
  CHECK(world.phase("db") == "starting");
  CHECK_FALSE(world.as<Starting>("db").held);
  world.pass(2s);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: when the observer is back and cannot look, what was left of the start goes on") {
  World world = with_ready(unseen);
  world.pass(10min);
  REQUIRE(world.as<Starting>("db").held);
  answer_from_now(world, cannot_look);
  world.pass(1s);
  CHECK_FALSE(world.as<Starting>("db").held);
  world.pass(40s);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: what is unready and cannot be looked at is restarted in its time") {
  World world = with_ready(succeeds);
  world.pass(2s);
  answer_from_now(world, refuses);
  world.pass(2s);
  REQUIRE(world.phase("db") == "unready");
  answer_from_now(world, cannot_look);
  world.pass(29s);
  CHECK(world.phase("db") == "unready");
  CHECK_FALSE(world.as<Unready>("db").paused);
  world.pass(2s);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: a failure that is not believed holds nothing") {
  World world = with_ready(refuses);
  world.play(PressureSeen{true});
  world.pass(39s);
  CHECK_FALSE(world.as<Starting>("db").held);
  world.pass(2s);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: recovery and progress hold together, and both must end") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").progress = exec_probe();
  World world = with_ready(recovers, std::move(spec));
  world.probes[{"db", ProbeRole::progress}] = succeeds;
  world.pass(10s);
  answer_from_now(world, refuses);
  world.pass(10s);
  CHECK(world.as<Starting>("db").held);
  world.probes[{"db", ProbeRole::progress}] = refuses;
  world.pass(10s);
  CHECK_FALSE(world.as<Starting>("db").held);
}

TEST_CASE("observed: a progress probe that says that it starts is progress") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").ready = notify();
  in(spec, "db").progress = observed();
  World world(std::move(spec));
  world.probes[{"db", ProbeRole::progress}] = recovers;
  world.boot();
  world.pass(1h);
  CHECK(world.phase("db") == "starting");
}

TEST_CASE("observed: while nobody can ask, what is ready stays so and the door stays open") {
  World world = with_ready(succeeds);
  world.pass(2s);
  REQUIRE(world.verdict() == "working");
  world.door_moved();
  answer_from_now(world, unseen);
  world.pass(5h);
  CHECK(world.phase("db") == "ready");
  CHECK(world.door_moved().empty());
}

TEST_CASE("observed: a probe that can never look while its service is ready is told, once") {
  World world = with_ready(succeeds);
  world.pass(2s);
  world.obedient = false;
  const auto answer = [&](ProbeOutcome outcome, const std::string& said) {
    world.pass(1s);
    world.told();
    world.answers("db", ProbeRole::ready, outcome, said);
    return world.told();
  };
  world.answers("db", ProbeRole::ready, succeeds);
  const std::string denied = "secret_file /etc/secret: Permission denied";
  const Lines trouble{"trouble db: its ready probe could not tell 2 times in a row whether it answers: " +
                      denied};
  for (int row = 0; row < 2; ++row) {
    CHECK(answer(cannot_look, denied).empty());
    CHECK(world.service("db").status_text == denied);
    CHECK(answer(cannot_look, denied) == trouble);
    CHECK(answer(cannot_look, denied).empty());
    CHECK(answer(unseen, denied).empty());
    // Whatever it says ends the row, and a good answer what was said of it.
    CHECK(answer(refuses, "no").empty());
    CHECK(answer(succeeds, "accepts connections").empty());
    CHECK(world.service("db").status_text == "accepts connections");
  }
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("observed: a live probe that can never look is told, and restarts nobody") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").live = LiveProbe{observed(), LiveAction::restart};
  World world = with_ready(succeeds, std::move(spec));
  world.pass(2s);
  world.told();
  world.probes[{"db", ProbeRole::live}] = cannot_look;
  world.pass(1h);
  CHECK(world.told() == Lines{"trouble db: its live probe could not tell 2 times in a row whether it lives"});
  CHECK(world.run("db").value == 1);
}

TEST_CASE("observed: one that recovers lets nobody in, and its recovery is not ended") {
  World world = with_ready(succeeds);
  world.pass(2s);
  answer_from_now(world, recovers);
  world.pass(2s);
  CHECK(world.phase("db") == "unready");
  CHECK(world.verdict() == "broken");
  // Beyond unready_within, and beyond recover_within of the stack.
  world.pass(10h);
  CHECK(world.phase("db") == "unready");
  CHECK(world.run("db").value == 1);
  answer_from_now(world, succeeds);
  // It was asked each second all the time.
  world.pass(1s);
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("observed: a recovery is ended after progress_up_to") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").progress_up_to = 1h;
  spec.recover_within = 10h;
  World world = with_ready(succeeds, std::move(spec));
  world.pass(2s);
  answer_from_now(world, recovers);
  world.pass(1h);
  CHECK(world.run("db").value == 1);
  world.pass(3s);
  CHECK(world.run("db").value == 2);
}

TEST_CASE("observed: while nobody can ask, the time to answer again stands still, and then goes on") {
  World world = with_ready(succeeds);
  world.pass(2s);
  answer_from_now(world, refuses);
  world.pass(12s);
  REQUIRE(world.phase("db") == "unready");
  answer_from_now(world, unseen);
  world.pass(10h);
  CHECK(world.phase("db") == "unready");
  REQUIRE(world.as<Unready>("db").paused);
  const Duration left = *world.as<Unready>("db").paused;
  CHECK(left > 15s);
  CHECK(left < 30s);
  answer_from_now(world, refuses);
  world.pass(1s);
  CHECK(world.as<Unready>("db").deadline <= world.now().mono + left);
  CHECK(world.as<Unready>("db").deadline > world.now().mono + left - 1s);
  world.pass(left);
  CHECK(world.service("db").restarts == 1);
}

TEST_CASE("observed: the bound of the stack's recovery stands still too") {
  StackSpec spec = asked_by_observer();
  spec.recover_within = 1min;
  in(spec, "db").unready_within = 10h;
  World world = with_ready(succeeds, std::move(spec));
  world.pass(2s);
  answer_from_now(world, recovers);
  world.pass(1h);
  CHECK(world.verdict() == "broken");
  answer_from_now(world, refuses);
  world.pass(1min + 5s);
  CHECK(world.verdict() == "failed");
}

TEST_CASE("observed: a live probe that says that it recovers is no reason to end it") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").live = LiveProbe{observed(), LiveAction::restart};
  World world = with_ready(succeeds, std::move(spec));
  world.probes[{"db", ProbeRole::live}] = recovers;
  world.pass(1h);
  CHECK(world.run("db").value == 1);
  world.probes[{"db", ProbeRole::live}] = unseen;
  world.pass(1h);
  CHECK(world.run("db").value == 1);
  world.probes[{"db", ProbeRole::live}] = refuses;
  world.pass(3s);
  CHECK(world.run("db").value == 2);
}

TEST_CASE("observed: what is asked seldom is asked soon again while it does not answer") {
  StackSpec spec = asked_by_observer();
  in(spec, "db").ready.every = 5min;
  in(spec, "db").unready_within = 1h;
  World world = with_ready(succeeds, std::move(spec));
  world.pass(1s);
  answer_from_now(world, refuses);
  world.pass(10min);
  REQUIRE(world.phase("db") == "unready");
  answer_from_now(world, succeeds);
  world.pass(10s);
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("observed: what it said last when it answered is kept") {
  World world = with_ready(succeeds);
  world.pass(2s);
  say(world, succeeds, "draft, image, worker, search, deleted in 1.4 s");
  CHECK(world.phase("db") == "ready");
  CHECK(world.service("db").status_text == "draft, image, worker, search, deleted in 1.4 s");
}

TEST_CASE("observed: a reload that asks it otherwise ends its hold") {
  World world = with_ready(recovers);
  world.pass(10s);
  REQUIRE(world.as<Starting>("db").held);
  StackSpec next = asked_by_observer();
  in(next, "db").ready.network.database = "repository";
  world.probes[{"db", ProbeRole::ready}] = refuses;
  world.reload(next);
  CHECK_FALSE(world.as<Starting>("db").held);
  world.pass(41s);
  CHECK(world.service("db").restarts == 1);
}

namespace {

/// What `stability.canary` becomes.
StackSpec with_canary(bool critical) {
  StackSpec spec = stack_of("db; web: db; (worker): db; canary: db! web! worker!");
  ServiceSpec& canary = in(spec, "canary");
  canary.needs.back().soft = true;
  canary.external = "127.0.0.1:5000";
  canary.critical = critical;
  canary.ready = observed();
  canary.ready.network.protocol = Protocol::canary;
  canary.start_within = 3min;
  return spec;
}

} // namespace

TEST_CASE("canary: asked when all it goes through is ready, and working depends on it") {
  World world(with_canary(false));
  world.probes[{"canary", ProbeRole::ready}] = refuses;
  world.boot();
  CHECK(world.phase("canary") == "starting");
  CHECK(world.verdict() == "degraded");
  world.probes[{"canary", ProbeRole::ready}] = succeeds;
  world.pass(1s);
  CHECK(world.verdict() == "working");
}

TEST_CASE("canary: a critical one keeps the door closed until it passes") {
  World world(with_canary(true));
  world.probes[{"canary", ProbeRole::ready}] = refuses;
  world.boot();
  world.pass(10s);
  CHECK(world.verdict() == "starting");
  CHECK(world.door_moved().empty());
  world.probes[{"canary", ProbeRole::ready}] = succeeds;
  world.pass(1min);
  CHECK(world.verdict() == "working");
  CHECK(world.door_moved() == Lines{"opens"});
}

TEST_CASE("canary: after a restart of anything it goes through it counts anew") {
  for (const char* name : {"db", "web", "worker"}) {
    World world(with_canary(true));
    world.boot();
    world.pass(1min);
    REQUIRE(world.verdict() == "working");
    world.door_moved();
    world.probes[{"canary", ProbeRole::ready}] = refuses;
    world.dies(name);
    world.pass(5s);
    INFO(name);
    CHECK(world.phase(name) == "ready");
    CHECK(world.phase("canary") == "starting");
    CHECK(world.door_moved() == Lines{"closes"});
    world.probes[{"canary", ProbeRole::ready}] = succeeds;
    world.pass(1min);
    CHECK(world.door_moved() == Lines{"opens"});
    CHECK(world.service("canary").restarts == 0);
  }
}

TEST_CASE("canary: one that fails for too long is given up with the stack only where it is critical") {
  for (const bool critical : {true, false}) {
    World world(with_canary(critical));
    world.boot();
    world.pass(1min);
    world.probes[{"canary", ProbeRole::ready}] = refuses;
    world.pass(1h);
    CHECK(world.phase("canary") == "unready");
    CHECK(world.verdict() == (critical ? "failed" : "degraded"));
  }
}

namespace {

/// As `stability.canary` has it: a look costs a draft, so it is asked seldom.
StackSpec with_seldom_canary() {
  StackSpec spec = with_canary(false);
  in(spec, "canary").ready.every = 5min;
  return spec;
}

/// How often the canary is asked within an hour from now.
std::ptrdiff_t asked_within_an_hour(World& world) {
  world.asked();
  world.pass(1h);
  const Lines asked = world.asked();
  return std::count(asked.begin(), asked.end(), "ask canary ready");
}

} // namespace

TEST_CASE("canary: when it has recovered it is asked as seldom as before") {
  World world(with_seldom_canary());
  world.boot();
  world.pass(1min);
  REQUIRE(world.phase("canary") == "ready");
  REQUIRE(asked_within_an_hour(world) == 12);
  world.probes[{"canary", ProbeRole::ready}] = refuses;
  world.pass(10min);
  REQUIRE(world.phase("canary") == "unready");
  world.probes[{"canary", ProbeRole::ready}] = succeeds;
  world.pass(10min);
  REQUIRE(world.phase("canary") == "ready");
  CHECK(asked_within_an_hour(world) == 12);
}

TEST_CASE("canary: one that was never ready in time is asked as seldom as the others when it is") {
  World world(with_seldom_canary());
  world.probes[{"canary", ProbeRole::ready}] = refuses;
  world.boot();
  world.pass(3min);
  REQUIRE(world.phase("canary") == "unready");
  world.probes[{"canary", ProbeRole::ready}] = succeeds;
  world.pass(5min);
  REQUIRE(world.phase("canary") == "ready");
  CHECK(asked_within_an_hour(world) == 12);
}

TEST_CASE("canary: one that was mended by a reload need not wait for its next turn") {
  StackSpec spec = with_seldom_canary();
  World world(spec);
  world.boot();
  world.pass(1min);
  world.probes[{"canary", ProbeRole::ready}] = refuses;
  world.pass(1h);
  REQUIRE(world.phase("canary") == "unready");
  world.probes[{"canary", ProbeRole::ready}] = succeeds;
  in(spec, "canary").ready.network.target = "https://repository.example.org";
  world.reload(spec);
  world.pass(10s);
  CHECK(world.phase("canary") == "ready");
}

TEST_CASE("canary: it adds nothing to the time of a stop") {
  StackSpec with = with_canary(true);
  const Duration longest = longest_stop(with);
  with.services.pop_back();
  CHECK(longest == longest_stop(with));
}
