#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

StackSpec with_conditions() {
  StackSpec spec = stack_of("db; web: db");
  spec.conditions = {{ConditionKind::volume, "database"}, {ConditionKind::host, "vm.max_map_count"}};
  in(spec, "db").conditions = {{0}, {1}};
  return spec;
}

} // namespace

TEST_CASE("conditions: nothing is started before all are known to be met") {
  World world(with_conditions());
  world.boot();
  CHECK(world.why("db") == "volume database: not looked at yet");
  CHECK(world.verdict() == "starting");
  world.condition(0, true);
  CHECK(world.why("db") == "vm.max_map_count: not looked at yet");
  world.condition(1, false, "is 65530 and must be at least 262144");
  CHECK(world.why("db") == "vm.max_map_count: is 65530 and must be at least 262144");
  CHECK(world.verdict() == "broken");
  world.condition(1, true);
  CHECK(world.verdict() == "working");
}

TEST_CASE("conditions: what uses a volume that is not right any more is stopped in order, uncharged") {
  World world(with_conditions());
  world.boot();
  world.condition(0, true);
  world.condition(1, true);
  world.asked();
  world.condition(0, false, "not mounted");
  CHECK(world.asked() == Lines{"signal web SIGTERM", "signal db SIGTERM"});
  CHECK(world.phase("db") == "waiting");
  CHECK(world.why("db") == "volume database: not mounted");
  CHECK(world.why("web") == "needs db, which is waiting");
  world.condition(0, true);
  CHECK(world.verdict() == "working");
  CHECK(world.service("db").restarts == 0);
}

TEST_CASE("conditions: settings of the host block starts only") {
  World world(with_conditions());
  world.boot();
  world.condition(0, true);
  world.condition(1, true);
  world.condition(1, false, "is 65530");
  CHECK(world.verdict() == "working");
  world.dies("db");
  world.pass(1min);
  CHECK(world.phase("db") == "waiting");
}

TEST_CASE("conditions: a volume that stays away ends in failure, not in waiting for ever") {
  World world(with_conditions());
  world.boot();
  world.condition(0, false, "not mounted");
  world.pass(10min);
  CHECK(world.verdict() == "failed");
}
