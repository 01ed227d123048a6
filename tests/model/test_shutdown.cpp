#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

TEST_CASE("shutdown: in order, End with 0 when all is down and not before") {
  World world(stack_of("db; web: db"));
  world.boot();
  world.obedient = false;
  static_cast<void>(world.asked());
  world.shut_down();
  CHECK(world.verdict() == "stopping");
  world.dies("web");
  CHECK(world.asked() == Lines{"signal web SIGTERM", "signal db SIGTERM"});
  world.exits("db");
  CHECK(world.asked().empty());
  world.empties("db");
  CHECK(world.asked() == Lines{"end 0"});
  CHECK(world.verdict() == "stopped");
  world.pass(1h);
  CHECK(world.asked().empty());
}

TEST_CASE("shutdown: of a stack that is down already, or was never started") {
  World world(stack_of("db"));
  world.shut_down();
  CHECK(world.asked() == Lines{"end 0"});
  world.boot();
  CHECK(world.asked().empty());
}

TEST_CASE("shutdown: of what waits, backs off and is failed") {
  StackSpec spec = stack_of("db; web: db; (extra)");
  in(spec, "extra").restart.when = RestartWhen::never;
  World world(spec);
  world.boot();
  world.stop({"db"});
  world.dies("extra");
  static_cast<void>(world.asked());
  world.shut_down();
  CHECK(world.asked() == Lines{"end 0"});
  CHECK(world.phase("web") == "down");
  CHECK(world.phase("extra") == "down");
}

TEST_CASE("shutdown: at its bound what is left is killed, whatever its ladder") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "web").stop = {signal_rung(15, 1h)};
  spec.stop_within = 30s;
  World world(spec);
  world.deaf = {"web", "db"};
  world.boot();
  static_cast<void>(world.asked());
  world.shut_down();
  world.pass(30s - 1ns);
  CHECK(world.asked() == Lines{"signal web SIGTERM"});
  world.pass(1ns);
  CHECK(world.asked() == Lines{"kill db", "kill web", "end 0"});
}

TEST_CASE("shutdown: what SIGKILL does not end does not hold the daemon: End with 1") {
  StackSpec spec = stack_of("db");
  spec.stop_within = 30s;
  World world(spec);
  world.deaf = {"db"};
  world.immortal = {"db"};
  world.boot();
  world.shut_down();
  world.pass(35s - 1ns);
  static_cast<void>(world.asked());
  world.pass(1ns);
  CHECK(world.asked() == Lines{"end 1"});
  world.pass(1h);
  world.dies("db");
  CHECK(world.asked().empty());
}

TEST_CASE("shutdown: asked again, it is no later") {
  StackSpec spec = stack_of("db");
  in(spec, "db").stop = {signal_rung(15, 1h)};
  spec.stop_within = 30s;
  World world(spec);
  world.deaf = {"db"};
  world.boot();
  world.shut_down();
  world.pass(29s);
  world.shut_down();
  static_cast<void>(world.asked());
  world.pass(1s);
  CHECK(world.asked() == Lines{"kill db", "end 0"});
}

TEST_CASE("shutdown: while a spawn is under way") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.shut_down();
  CHECK(world.asked() == Lines{"spawn db 1"});
  world.spawned("db");
  world.dies("db");
  CHECK(world.asked() == Lines{"signal db SIGTERM", "end 0"});
}
