#include "model/words.h"
#include "support/catch.h"
#include "world.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

using namespace std::chrono_literals;

StackSpec limited(std::string_view line) {
  StackSpec spec = stack_of(line);
  in(spec, "a").group_limits.memory = 512ULL << 20;
  in(spec, "a").group_limits.memory_high = 256ULL << 20;
  in(spec, "a").group_limits.tasks = 400;
  in(spec, "a").unready_within = 20s;
  return spec;
}

void short_of_memory(World& world, bool is_short) {
  world.play(MemoryShort{world.id("a"), world.run("a"), is_short});
}

} // namespace

TEST_CASE("limits: a death for want of memory is told with the limit, and charged") {
  World world(limited("a"));
  world.boot();
  world.pass(1s);
  world.dies("a", {.code = 0, .signal = 9, .oom = true});
  CHECK(world.service("a").last_exit->oom);
  CHECK(world.service("a").restarts == 1);
  CHECK(world.why("a").starts_with("killed: out of memory (limit 512 MiB) after 1 s"));
  CHECK(words(ExitStatus{.code = 0, .signal = 9, .oom = true}) == "killed: out of memory");
}

TEST_CASE("limits: a child that was killed, and a full cgroup, are told and change nothing") {
  World world(limited("a; b"));
  world.boot();
  world.pass(1s);
  static_cast<void>(world.told());
  world.play(ProcessesKilled{world.id("a"), world.run("a"), 2});
  world.play(TasksSpent{world.id("a"), world.run("a")});
  world.play(TasksSpent{world.id("b"), world.run("b")});
  CHECK(world.told() ==
        Lines{"trouble a: out of memory: the kernel killed 2 processes of it, and its main process goes on",
              "trouble a: the limit of tasks, 400, was hit: no process or thread more",
              "trouble b: the limit of tasks around it was hit: no process or thread more"});
  CHECK(world.verdict() == "working");
  CHECK(world.service("a").restarts == 0);
  world.play(TasksSpent{world.id("a"), {77}});
  CHECK(world.told().empty());
}

TEST_CASE("limits: short of memory for unready_within is a charged restart") {
  World world(limited("a"));
  world.boot();
  world.pass(1s);
  static_cast<void>(world.told());
  short_of_memory(world, true);
  CHECK(world.told() == Lines{"trouble a: above memory_high, 256 MiB, and slowed for it"});
  world.pass(10s);
  // Once more the same is nothing new.
  short_of_memory(world, true);
  world.pass(9s);
  CHECK(world.told().empty());
  CHECK(world.run("a") == RunNumber{1});
  world.pass(1s);
  REQUIRE(world.phase("a") == "backoff");
  CHECK(world.why("a").starts_with("above memory_high, 256 MiB, and slowed for it for 20 s"));
  CHECK(world.service("a").restarts == 1);
  world.pass(10min);
  CHECK(world.run("a") == RunNumber{2});
  CHECK(world.verdict() == "working");
}

TEST_CASE("limits: a shortage that passes in time is forgotten") {
  World world(limited("a"));
  world.boot();
  world.pass(1s);
  short_of_memory(world, true);
  world.pass(19s);
  short_of_memory(world, false);
  world.pass(1s);
  short_of_memory(world, true);
  world.pass(19s);
  CHECK(world.run("a") == RunNumber{1});
  world.pass(1s);
  CHECK(world.service("a").restarts == 1);
}

TEST_CASE("limits: a start that is slowed has a deadline of its own; what counts begins when it is ready") {
  StackSpec spec = limited("a");
  in(spec, "a").ready.kind = ProbeKind::notify;
  in(spec, "a").start_within = 1min;
  World world(spec);
  world.boot();
  short_of_memory(world, true);
  world.pass(50s);
  CHECK(world.phase("a") == "starting");
  world.says_ready("a");
  world.pass(19s);
  CHECK(world.phase("a") == "ready");
  world.pass(1s);
  CHECK(world.phase("a") == "backoff");
}

TEST_CASE("limits: one that leaves is stopped in its order, however short of memory") {
  StackSpec spec = limited("a; b: a");
  in(spec, "b").stop = {signal_rung(15, 5min)};
  World world(spec);
  world.boot();
  world.pass(1s);
  world.deaf = {"b"};
  short_of_memory(world, true);
  static_cast<void>(world.asked());
  world.stop({"a"});
  world.pass(1min);
  CHECK(world.asked() == Lines{"signal b SIGTERM"});
  CHECK(world.until_next() == 4min);
}
