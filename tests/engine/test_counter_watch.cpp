#include "engine/counter_watch.h"

#include "linux/processes.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

TEST_CASE("counter watch: each change is told, and what was before the watch is not") {
  const TestCgroup cgroup;
  boost::asio::io_context loop(1);
  REQUIRE(linux_os::make_cgroup(cgroup / "1"));
  Child first(pause_for_ever);
  REQUIRE(linux_os::move_into(cgroup / "1", first.pid()));
  int told = 0;
  auto watch = CounterWatch::open(loop, cgroup / "1/cgroup.events", [&] { ++told; });
  REQUIRE(watch);
  loop.poll();
  CHECK(told == 0);
  for (int change = 1; change <= 2; ++change) {
    const std::string to = change == 1 ? cgroup.path() : cgroup / "1";
    REQUIRE(linux_os::move_into(to, first.pid()));
    while (told < change && loop.run_one_for(patience) > 0) {
    }
    CHECK(told == change);
  }
  watch.reset();
  REQUIRE(linux_os::move_into(cgroup.path(), first.pid()));
  loop.restart();
  loop.run_for(std::chrono::milliseconds(50));
  CHECK(told == 2);
}

TEST_CASE("counter watch: may go in its own call; none where there is no file") {
  const TestCgroup cgroup;
  boost::asio::io_context loop(1);
  REQUIRE(linux_os::make_cgroup(cgroup / "1"));
  std::unique_ptr<CounterWatch> watch;
  bool told = false;
  watch = CounterWatch::open(loop, cgroup / "1/cgroup.events", [&] {
    watch.reset();
    told = true;
  });
  REQUIRE(watch);
  const Child child(pause_for_ever);
  REQUIRE(linux_os::move_into(cgroup / "1", child.pid()));
  while (!told && loop.run_one_for(patience) > 0) {
  }
  CHECK(told);
  CHECK_FALSE(CounterWatch::open(loop, cgroup / "1/memory.events", [] {}));
}
