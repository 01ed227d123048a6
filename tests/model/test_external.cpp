#include "support/catch.h"
#include "world.h"

#include <algorithm>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

StackSpec with_external() {
  StackSpec spec = stack_of("search; web: search");
  in(spec, "search").external = "search.example.org:9200";
  in(spec, "search").ready = exec_probe();
  in(spec, "search").live = LiveProbe{exec_probe(), LiveAction::restart};
  in(spec, "search").start_within = 30s;
  return spec;
}

constexpr auto answers = ProbeOutcome::succeeded;
constexpr auto fails = ProbeOutcome::failed;

} // namespace

TEST_CASE("external: probed and depended upon, never started") {
  World world(with_external());
  world.boot();
  CHECK(world.phase("search") == "starting");
  CHECK(world.verdict() == "starting");
  world.pass(1s);
  CHECK(world.phase("search") == "ready");
  CHECK(world.verdict() == "working");
  for (const std::string& line : world.asked())
    CHECK(line != "spawn search 1");
}

TEST_CASE("external: it takes nobody's turn") {
  StackSpec spec = with_external();
  spec.start_at_once = 1;
  spec.services.push_back(stack_of("db").services[0]);
  World world(spec);
  world.probes[{"search", ProbeRole::ready}] = fails;
  world.boot();
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("external: without an answer it is unready for as long as that lasts, and never restarted") {
  World world(with_external());
  world.probes[{"search", ProbeRole::ready}] = fails;
  world.boot();
  world.pass(30s);
  CHECK(world.phase("search") == "unready");
  world.pass(2h);
  CHECK(world.phase("search") == "unready");
  CHECK(world.run("search").value == 1);
  CHECK(world.service("search").restarts == 0);
  world.answers("search", ProbeRole::ready, fails);
  world.probes[{"search", ProbeRole::ready}] = answers;
  world.pass(2s);
  CHECK(world.phase("search") == "ready");
  CHECK(world.service("search").status_text.empty());
}

TEST_CASE("external: what waits for one that does not answer is not on its way") {
  World world(with_external());
  world.probes[{"search", ProbeRole::ready}] = fails;
  world.boot();
  CHECK(world.stack().coming());
  world.pass(30s);
  REQUIRE(world.phase("search") == "unready");
  CHECK_FALSE(world.stack().coming());
  const Outcome outcome = outcome_of(world.stack(), world.command(Verb::start, {"web"}));
  CHECK(outcome.state == Outcome::State::failed);
  CHECK(outcome.text == "web is waiting: needs search, which is unready");
}

TEST_CASE("external: its going does not stop what needs it, a live probe only tells") {
  World world(with_external());
  world.boot();
  world.pass(2s);
  world.told();
  world.probes[{"search", ProbeRole::ready}] = fails;
  world.probes[{"search", ProbeRole::live}] = fails;
  world.pass(10s);
  CHECK(world.phase("search") == "unready");
  CHECK(world.phase("web") == "ready");
  CHECK(world.verdict() == "broken");
  const Lines told = world.told();
  CHECK(std::count_if(told.begin(), told.end(),
                      [](const std::string& line) { return line.starts_with("trouble search"); }) == 1);
}

TEST_CASE("external: a stop leaves nothing to wait for, after what needs it is down") {
  World world(with_external());
  world.boot();
  world.pass(2s);
  world.obedient = false;
  world.stop({"search"});
  CHECK(world.phase("search") == "ready");
  world.dies("web");
  CHECK(world.phase("search") == "down");
  world.shut_down();
  CHECK(world.asked().back() == "end 0");
}
