#include "model/explain.h"

#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// "  " for each step of depth.
Lines told(const World& world, const std::string& name = {}) {
  Lines lines;
  const auto whom = name.empty() ? std::nullopt : std::optional(world.id(name));
  for (const ExplainLine& line : explain(world.stack(), whom))
    lines.push_back(std::string(2 * line.depth, ' ') + line.text);
  return lines;
}

} // namespace

TEST_CASE("explain: a stack that works is told in a line") {
  World world(stack_of("db"));
  world.boot();
  CHECK(told(world) == Lines{"test is working"});
}

TEST_CASE("explain: from the verdict to the first fact, the root first") {
  StackSpec spec = stack_of("broker; worker: broker; site: worker");
  in(spec, "broker").restart.budget = 1;
  World world(spec);
  world.boot();
  world.dies("broker");
  world.pass(1s);
  world.dies("broker");
  CHECK(told(world) ==
        Lines{"test is failed: the stack could not be mended: broker is failed: exit code 1 after 0 s; 1 "
              "restarts "
              "within 10 min are spent",
              "  broker is failed: exit code 1 after 0 s; 1 restarts within 10 min are spent",
              "    1 charged restart since the daemon's start",
              "  worker is waiting: needs broker, which failed", "    the last run: ended by SIGTERM",
              "  site is waiting: needs worker, which is waiting", "    the last run: ended by SIGTERM"});
}

TEST_CASE("explain: one service leads to what it waits for") {
  World world(stack_of("broker; worker: broker; site: worker"));
  world.boot();
  world.stop({"broker"});
  CHECK(told(world, "site") ==
        Lines{"site is waiting: needs worker, which is waiting", "  the last run: ended by SIGTERM",
              "  worker is waiting: needs broker, stopped by root", "    the last run: ended by SIGTERM",
              "    broker is down: stopped by root", "      the last run: ended by SIGTERM"});
}

TEST_CASE("explain: a held door is told") {
  World world(stack_of("db"));
  world.boot();
  world.door(false);
  CHECK(told(world) == Lines{"test is working", "  the door is held closed by root"});
}

TEST_CASE("explain: what a live probe that only alerts says is told as long as it is so") {
  StackSpec spec = stack_of("web");
  in(spec, "web").live = LiveProbe{.probe = exec_probe(), .then = LiveAction::alert};
  in(spec, "web").live->probe.failures = 3;
  World world(spec);
  world.boot();
  world.obedient = false;
  const auto live_answers = [&](ProbeOutcome outcome, const std::string& said) {
    world.pass(1s);
    world.answers("web", ProbeRole::live, outcome, said);
  };
  for (int n = 0; n < 3; ++n) {
    CHECK(told(world, "web") == Lines{"web is ready"});
    live_answers(ProbeOutcome::failed, "listen queue " + std::to_string(n) + " of 100");
  }
  const Lines failing{"web is ready", "  its live probe failed 3 times in a row: listen queue 2 of 100"};
  CHECK(told(world, "web") == failing);
  live_answers(ProbeOutcome::unknown, "the observer did not answer");
  CHECK(told(world, "web") == failing);
  live_answers(ProbeOutcome::succeeded, "busy 1 of 4 workers");
  CHECK(told(world, "web") == Lines{"web is ready"});
}

TEST_CASE("explain: a probe that cannot tell is told as long as it is so, and not twice") {
  StackSpec spec = stack_of("db");
  in(spec, "db").ready = exec_probe();
  in(spec, "db").ready.kind = ProbeKind::observed;
  in(spec, "db").ready.failures = 2;
  in(spec, "db").live = LiveProbe{.probe = exec_probe(), .then = LiveAction::restart};
  in(spec, "db").live->probe.failures = 3;
  World world(spec);
  world.boot();
  world.pass(1s);
  REQUIRE(world.phase("db") == "ready");
  world.obedient = false;
  const auto answer = [&](ProbeOutcome outcome, const std::string& said) {
    world.pass(1s);
    world.answers("db", ProbeRole::ready, outcome, said);
    world.answers("db", ProbeRole::live, outcome, said);
  };
  const std::string denied = "Permission denied";
  answer(ProbeOutcome::unknown, denied);
  CHECK(told(world, "db") == Lines{"db is ready", "  it says: " + denied});
  answer(ProbeOutcome::unknown, denied);
  answer(ProbeOutcome::unknown, denied);
  CHECK(told(world, "db") ==
        Lines{"db is ready",
              "  its ready probe could not tell 3 times in a row whether it answers: " + denied,
              "  its live probe could not tell 3 times in a row whether it lives: " + denied});
  answer(ProbeOutcome::succeeded, "");
  CHECK(told(world, "db") == Lines{"db is ready"});
}
