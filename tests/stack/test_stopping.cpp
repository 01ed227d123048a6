// Services that do not go when they are asked: each is stopped within its ladder, and its leaf is empty.

#include "stack/nothing_left.h"
#include "stack/synthetic.h"
#include "support/catch.h"

using namespace holdfast::test;

namespace {

const std::string short_ladder = "stop: [{signal: SIGTERM, wait: 1s}]";

// Brings a stack of one service to working, ends it, and returns the event with which the service's stopping
// ended.
StackEvent stop_of(const StackDirectory& directory, const std::string& service, std::size_t processes) {
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  // The service forks after its exec: wait until all that the test is about are there.
  CHECK(comes_to(processes, directory.name(), service, 10s));
  CHECK(stack.stop() == 0);
  stack.events().read_to_end(10s);
  return stack.events().wait_for(service, "down", 0ms);
}

} // namespace

TEST_CASE("a service that goes at SIGTERM is stopped without a kill", "[stopping]") {
  const StackDirectory directory;
  directory.write_services(idle_service("calm"));
  const auto down = stop_of(directory, "calm", 1);
  CHECK(down.from == "stopping");
  CHECK(down.raw.at("took_ms") < 1000);
  CHECK(left_of(directory) == "");
}

TEST_CASE("a service that ignores SIGTERM is killed after its ladder, and not before", "[stopping]") {
  const StackDirectory directory;
  directory.write_services(
      shell_service("deaf", "trap '' TERM; while :; do sleep 100000; done", short_ladder));
  const auto down = stop_of(directory, "deaf", 2);
  CHECK(down.raw.at("took_ms") >= 1000);
  CHECK(down.raw.at("took_ms") < 5000);
  CHECK(left_of(directory) == "");
}

TEST_CASE("a service that forks twice leaves no process behind", "[stopping]") {
  const StackDirectory directory;
  directory.write_services(
      shell_service("forking", "(setsid sleep 100000 </dev/null >/dev/null 2>&1 &) ; exec sleep 100000"));
  stop_of(directory, "forking", 2);
  CHECK(left_of(directory) == "");
}

TEST_CASE("a child that keeps the log pipe open after its parent's end delays nothing", "[stopping]") {
  const StackDirectory directory;
  directory.write_services(
      shell_service("holding", "(trap '' TERM HUP; setsid sleep 100000 &) ; echo started; exec sleep 100000",
                    short_ladder));
  const auto down = stop_of(directory, "holding", 2);
  CHECK(down.raw.at("took_ms") < 5000); // a second of leftovers, then the kill of its leaf
  CHECK(contents(directory / "log/holding.log").find("started") != std::string::npos);
  CHECK(left_of(directory) == "");
}

TEST_CASE("children that outlive a main process which died are gone before it runs again", "[stopping]") {
  const StackDirectory directory;
  directory.write_services(shell_service("parent", "sleep 100000 & sleep 100000 & wait",
                                         "restart: {delay: 10ms}\nleftovers: 200ms"));
  RunningStack stack(directory);
  stack.events().wait_for("parent", "ready");
  const auto old = stack.kill_service("parent");
  stack.events().wait_for("parent", "starting");
  const auto again = stack.events().wait_for("parent", "ready");
  CHECK(again.run == 2);
  for (const auto& process : processes_of(directory.name(), "parent")) {
    CHECK(process.pid != old);
    CHECK(process.cgroup.find("/parent/2") != std::string::npos);
  }
  CHECK(stack.stop() == 0);
  CHECK(left_of(directory) == "");
}

TEST_CASE("what needs is stopped before what it needs", "[stopping]") {
  const StackDirectory directory;
  directory.write_services(idle_service("front", "needs: [middle]") +
                           idle_service("middle", "needs: [back]") + idle_service("back"));
  RunningStack stack(directory);
  stack.events().wait_for("", "working");
  CHECK(stack.events().place_of("back", "ready") < stack.events().place_of("middle", "starting"));
  CHECK(stack.events().place_of("middle", "ready") < stack.events().place_of("front", "starting"));
  CHECK(stack.stop(60s, 2) == 0);
  stack.events().read_to_end(10s);
  CHECK(stack.events().place_of("front", "down") < stack.events().place_of("middle", "stopping"));
  CHECK(stack.events().place_of("middle", "down") < stack.events().place_of("back", "stopping"));
  CHECK(left_of(directory) == "");
}
