#include "linux/cgroup.h"
#include "linux/pressure.h"
#include "processes.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

TEST_CASE("pressure: the last ten seconds of both lines") {
  const auto read = parse_pressure("some avg10=12.34 avg60=1.00 avg300=0.00 total=5\n"
                                   "full avg10=9.80 avg60=0.50 avg300=0.00 total=4\n");
  REQUIRE(read);
  CHECK(read->some == Approx(12.34));
  CHECK(read->full == Approx(9.8));
  CHECK(parse_pressure("some avg10=3.00 avg60=1.00 avg300=0.00 total=5\n")->full == 0);
  for (const char* text : {"", "some", "some avg10=", "some avg10=x", "full avg10=1.00"})
    CHECK_FALSE(parse_pressure(text));
}

TEST_CASE("pressure: a cgroup has it without controllers") {
  const TestCgroup cgroup;
  const auto read = pressure_of(cgroup.path(), "memory.pressure");
  REQUIRE(read);
  CHECK(read->some == 0);
  CHECK_FALSE(pressure_of(cgroup.path(), "none.pressure"));
}

TEST_CASE("counters: the number behind a key, and no other's") {
  const std::string text = "low 0\nhigh 4\nmax 1\noom 2\noom_kill 3\noom_group_kill 1\nodd\nlast x\n";
  CHECK(parse_counter(text, "oom") == 2U);
  CHECK(parse_counter(text, "oom_kill") == 3U);
  CHECK(parse_counter(text, "low") == 0U);
  for (const char* key : {"oom_", "odd", "last", "none"})
    CHECK_FALSE(parse_counter(text, key));
}
