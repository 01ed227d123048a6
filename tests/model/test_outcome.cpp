#include "support/catch.h"
#include "world.h"

#include <cerrno>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// "pending", "done" or "failed", with the words behind a colon where there are any.
std::string outcome(const World& world, Verb verb, const Lines& names = {}) {
  const Outcome found = outcome_of(world.stack(), world.command(verb, names));
  std::string text;
  switch (found.state) {
  case Outcome::State::pending: text = "pending"; break;
  case Outcome::State::done: text = "done"; break;
  case Outcome::State::failed: text = "failed"; break;
  }
  return found.text.empty() ? text : text + ": " + found.text;
}

} // namespace

TEST_CASE("outcome of start: pending until ready") {
  StackSpec spec = stack_of("db; web: db");
  in(spec, "db").ready = notify();
  World world(spec);
  world.boot();
  CHECK(outcome(world, Verb::start, {"web"}) == "pending: web is waiting: needs db, which is starting");
  CHECK(outcome(world, Verb::start) == "pending: db is starting: the stack is started");
  world.says_ready("db");
  CHECK(outcome(world, Verb::start, {"web", "db"}) == "done");
  CHECK(outcome(world, Verb::start) == "done");
}

TEST_CASE("outcome of start: failed where it will not come by itself") {
  StackSpec spec = stack_of("db; web: db; (worker)");
  in(spec, "worker").program.requirements = {{.file = "/x", .owner = {}}};
  World world(spec);
  world.missing["worker"] = "/x is missing";
  world.boot();
  CHECK(outcome(world, Verb::start, {"worker"}) == "failed: worker is waiting: /x is missing");
  CHECK(outcome(world, Verb::start) == "done: worker is waiting: /x is missing");
  world.stop({"db"});
  CHECK(outcome(world, Verb::start, {"db"}) == "failed: db is down: stopped by root");
  CHECK(outcome(world, Verb::start, {"web"}) == "failed: web is waiting: needs db, stopped by root");
  CHECK(outcome(world, Verb::start) == "failed: db is down: stopped by root");
}

TEST_CASE("outcome of start: failed when its budget is spent or it cannot be started") {
  World world(stack_of("db"));
  world.obedient = false;
  world.boot();
  world.dies("db");
  CHECK(outcome(world, Verb::start, {"db"}).substr(0, 7) == "pending");
  world.start({"db"});
  world.spawn_fails("db", ENOENT);
  CHECK(outcome(world, Verb::start, {"db"}) ==
        "failed: db is failed: cannot start db: /usr/bin/x: it failed (execve)");
}

TEST_CASE("outcome of stop") {
  World world(stack_of("db; web: db"));
  world.deaf = {"db"};
  world.boot();
  world.stop({"db"});
  CHECK(outcome(world, Verb::stop, {"db"}) == "pending: db is stopping: stopped by root");
  world.start({"db"});
  CHECK(outcome(world, Verb::stop, {"db"}) == "failed: db was started again meanwhile");
  world.stop({"db"});
  world.dies("db");
  CHECK(outcome(world, Verb::stop, {"db"}) == "done");
  world.stop();
  CHECK(outcome(world, Verb::stop) == "done");
  CHECK(outcome(world, Verb::start) == "failed: the stack was stopped meanwhile");
}

TEST_CASE("outcome of stop: failed when it survives the kill") {
  World world(stack_of("db"));
  world.deaf = {"db"};
  world.immortal = {"db"};
  world.boot();
  world.stop({"db"});
  world.pass(1min);
  CHECK(outcome(world, Verb::stop, {"db"}) ==
        "failed: db is stopping: processes of it survive SIGKILL: they are stuck in the kernel");
}

TEST_CASE("outcome of restart: pending from the first instant until it is ready anew") {
  StackSpec spec = stack_of("db; (worker): db");
  World world(spec);
  world.deaf = {"worker"};
  world.boot();
  const bool whole = GENERATE(true, false);
  const Lines names = whole ? Lines{} : Lines{"db"};
  world.restart(names);
  CHECK(world.phase("db") == "ready");
  CHECK(outcome(world, Verb::restart, names).substr(0, 7) == "pending");
  world.dies("worker");
  CHECK(outcome(world, Verb::restart, names) == "done");
}

TEST_CASE("outcome of restart: failed where what it waits for does not go") {
  World world(stack_of("db"));
  world.deaf = {"db"};
  world.immortal = {"db"};
  world.boot();
  const bool whole = GENERATE(true, false);
  const Lines names = whole ? Lines{} : Lines{"db"};
  world.restart(names);
  world.pass(1min);
  CHECK(outcome(world, Verb::restart, names).substr(0, 6) == "failed");
}

TEST_CASE("outcome: while the daemon ends nothing starts") {
  World world(stack_of("db"));
  world.deaf = {"db"};
  world.boot();
  world.shut_down();
  CHECK(outcome(world, Verb::start, {"db"}) == "failed: the daemon is shutting down");
  CHECK(outcome(world, Verb::restart) == "failed: the daemon is shutting down");
  CHECK(outcome(world, Verb::stop) == "pending: db is stopping: the daemon ends (SIGTERM)");
}
