#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("door: opens last, closes first") {
  World world(stack_of("db; web: db"));
  world.boot();
  CHECK(world.door_moved() == Lines{"opens"});
  CHECK(std::holds_alternative<OpenDoor>(world.actions().back()));
  world.obedient = false;
  world.stop({"db"});
  CHECK(world.door_moved() == Lines{"closes"});
  CHECK(std::holds_alternative<CloseDoor>(world.actions().front()));
}

TEST_CASE("door: closed by command it stays closed, whatever the verdict") {
  World world(stack_of("db"));
  world.boot();
  world.door_moved();
  world.door(false);
  CHECK(world.verdict() == "working");
  CHECK(world.door_moved() == Lines{"closes"});
  CHECK_FALSE(world.stack().door_open());
  world.restart();
  CHECK(world.verdict() == "working");
  CHECK(world.door_moved().empty());
  world.door(true);
  CHECK(world.door_moved() == Lines{"opens"});
}

TEST_CASE("door: opened by command it opens no sooner than the stack works") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.door(true);
  CHECK(world.door_moved().empty());
  world.spawned("db");
  CHECK(world.door_moved() == Lines{"opens"});
}

TEST_CASE("door: what is not critical does not move it") {
  World world(stack_of("db; (worker)"));
  world.boot();
  world.door_moved();
  world.dies("worker");
  CHECK(world.verdict() == "degraded");
  CHECK(world.door_moved().empty());
}
