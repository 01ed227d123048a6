#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

World probed() {
  StackSpec spec = stack_of("a");
  in(spec, "a").ready = exec_probe();
  in(spec, "a").live = LiveProbe{exec_probe(), LiveAction::restart};
  World world(spec);
  world.boot();
  world.pass(1s);
  REQUIRE(world.phase("a") == "ready");
  for (const auto role : {ProbeRole::ready, ProbeRole::live})
    world.probes[{"a", role}] = ProbeOutcome::failed;
  return world;
}

} // namespace

TEST_CASE("distrust: while the machine is short of something, a failed probe says nothing") {
  World world = probed();
  world.play(PressureSeen{true});
  world.pass(4min);
  CHECK(world.phase("a") == "ready");
  world.play(PressureSeen{false});
  world.pass(3s);
  CHECK(world.phase("a") != "ready");
}

TEST_CASE("distrust: not for ever") {
  World world = probed();
  world.play(PressureSeen{true});
  world.pass(2min);
  world.play(PressureSeen{true});
  world.pass(4min);
  CHECK(world.phase("a") != "ready");
}

TEST_CASE("distrust: just after a suspension what was asked before it is answered") {
  World world = probed();
  world.play(MachineWoke{8h});
  world.pass(9s);
  CHECK(world.phase("a") == "ready");
  world.pass(5s);
  CHECK(world.phase("a") != "ready");
}
