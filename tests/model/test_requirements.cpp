#include "support/catch.h"
#include "world.h"

#include <cerrno>

using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

StackSpec with_requirement(std::string_view line, std::string_view name) {
  StackSpec spec = stack_of(line);
  in(spec, name).program.requirements = {{.file = "/srv/PG_VERSION", .owner = "postgres"}};
  return spec;
}

} // namespace

TEST_CASE("requirements: looked at when nothing else is in the way, before the spawn") {
  World world(with_requirement("db; web: db", "web"));
  world.obedient = false;
  world.boot();
  CHECK(world.asked() == Lines{"spawn db 1"});
  world.spawned("db");
  CHECK(world.asked() == Lines{"look web"});
  CHECK(world.phase("web") == "waiting");
  CHECK(world.verdict() == "starting");
  world.seen("web");
  CHECK(world.asked() == Lines{"spawn web 1"});
}

TEST_CASE("requirements: what is missing is named, held, and looked at again") {
  World world(with_requirement("db; web: db", "db"));
  world.missing["db"] = "/srv/PG_VERSION is missing";
  world.boot();
  CHECK(world.why("db") == "/srv/PG_VERSION is missing");
  CHECK(world.why("web") == "needs db, which is waiting");
  CHECK(world.as<Waiting>("db").held);
  CHECK(world.as<Waiting>("web").held);
  CHECK_FALSE(world.stack().coming());
  CHECK(world.verdict() == "broken");
  CHECK(world.until_next() == 5s);
  world.pass(5s);
  CHECK(world.asked() == Lines{"look db", "look db"});
  CHECK(world.why("db") == "/srv/PG_VERSION is missing");
  world.missing.clear();
  world.pass(5s);
  CHECK(world.verdict() == "working");
}

TEST_CASE("requirements: a command looks again at once") {
  World world(with_requirement("db", "db"));
  world.missing["db"] = "/srv/PG_VERSION is missing";
  world.boot();
  world.missing.clear();
  world.start({"db"});
  CHECK(world.phase("db") == "ready");
}

TEST_CASE("requirements: an answer that comes while a need is away is not used later") {
  World world(with_requirement("db; web: db", "web"));
  world.obedient = false;
  world.boot();
  world.spawned("db");
  world.dies("db");
  static_cast<void>(world.asked());
  world.seen("web");
  CHECK(world.why("web") == "needs db, which is backoff");
  world.pass(1s);
  world.spawned("db");
  CHECK(world.asked() == Lines{"spawn db 2", "look web"});
}

TEST_CASE("requirements: while they are looked at nobody is held by what is over") {
  World world(with_requirement("db; web: db", "web"));
  world.obedient = false;
  world.boot();
  world.spawn_fails("db", ENOENT);
  REQUIRE(world.as<Waiting>("web").held);
  world.start({"web"});
  world.spawned("db");
  CHECK(world.asked().back() == "look web");
  CHECK_FALSE(world.as<Waiting>("web").held);
  CHECK(world.why("web") == "started by root");
  CHECK(outcome_of(world.stack(), world.command(Verb::start, {"web"})).state == Outcome::State::pending);
}

TEST_CASE("requirements: a spawn that is refused waits, and is not charged") {
  const bool listed = GENERATE(true, false);
  World world(listed ? with_requirement("db", "db") : stack_of("db"));
  world.obedient = false;
  world.boot();
  if (listed) world.seen("db");
  static_cast<void>(world.asked());
  world.spawn_refused("db", "/etc/db/environment is gone");
  CHECK(world.phase("db") == "waiting");
  CHECK(world.why("db") == "/etc/db/environment is gone");
  CHECK(world.as<Waiting>("db").held);
  CHECK(world.asked().empty());
  CHECK(world.until_next() == 5s);
  world.pass(5s);
  CHECK(world.asked() == Lines{listed ? "look db" : "spawn db 2"});
  CHECK(world.service("db").restarts == 0);
}

TEST_CASE("requirements: a refused spawn whose pause is over waits for its turn") {
  StackSpec spec = stack_of("a; b");
  spec.start_at_once = 1;
  World world(spec);
  world.obedient = false;
  world.boot();
  world.spawn_refused("a", "gone");
  world.pass(6s);
  CHECK(world.why("a") == "its turn: 1 may be starting at once");
  world.spawned("b");
  CHECK(world.phase("a") == "starting");
}

TEST_CASE("requirements: a spawn that is refused after a stop leaves it down") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.stop({"db"});
  CHECK(world.phase("db") == "stopping");
  world.spawn_refused("db", "gone");
  CHECK(world.phase("db") == "down");
  CHECK(world.why("db") == "stopped by root");
}

TEST_CASE("requirements: of two looks the later counts") {
  StackSpec spec = stack_of("a; b");
  spec.start_at_once = 1;
  in(spec, "a").ready = running_for(1min);
  in(spec, "b").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.obedient = false;
  world.boot();
  world.start({"b"});
  world.asked();
  world.seen("b");
  world.seen("b", "no /x");
  CHECK(world.why("b") == "no /x");
  world.spawned("a");
  world.pass(1min);
  CHECK(world.asked().back() == "look b");
}

TEST_CASE("requirements: sockets are looked at too, since the look opens them") {
  StackSpec spec = stack_of("web");
  in(spec, "web").program.sockets = {{.name = "http", .address = "127.0.0.1:80", .group = {}}};
  World world(spec);
  world.missing["web"] = "socket http: 127.0.0.1:80 is in use";
  world.boot();
  CHECK(world.why("web") == "socket http: 127.0.0.1:80 is in use");
  CHECK(world.asked() == Lines{"look web"});
  world.missing.clear();
  world.pass(5s);
  CHECK(world.verdict() == "working");
}
