#include "base/time.h"
#include "support/catch.h"

using namespace holdfast;
using namespace std::chrono_literals;

TEST_CASE("time: UTC with microseconds, before and after the epoch") {
  CHECK(format_utc(WallTime(0s)) == "1970-01-01T00:00:00.000000Z");
  CHECK(format_utc(WallTime(1s + 1234us)) == "1970-01-01T00:00:01.001234Z");
  CHECK(format_utc(WallTime(-1us)) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_utc_seconds(WallTime(1795503210s)) == "2026-11-24T06:53:30Z");
}

TEST_CASE("time: spans read as a person would say them") {
  CHECK(format_span(50ms) == "0.05 s");
  CHECK(format_span(5083us) == "0.005 s");
  CHECK(format_span(999900us) == "1 s");
  CHECK(format_span(3100ms) == "3.1 s");
  CHECK(format_span(125s) == "2 min 5 s");
  CHECK(format_span(60s) == "1 min");
  CHECK(format_span(59960ms) == "1 min");
  CHECK(format_span(3h + 20min) == "3 h 20 min");
  CHECK(format_span(49h) == "2 d 1 h");
  CHECK(format_span(0s) == "0 s");
}

TEST_CASE("time: never stays never") {
  CHECK(later(never, 1h) == never);
  CHECK(later(never - 1s, 1h) == never);
  CHECK(later(MonoTime(1s), 2s) == MonoTime(3s));
}
