#include "base/clock.h"
#include "linux/log_period.h"
#include "linux/log_timer.h"
#include "support/catch.h"
#include "wire/log_name.h"
#include "zone.h"

#include <poll.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace std::chrono_literals;

namespace {

// By rule, so that no data of zones are needed: the last Sundays of March and October.
constexpr const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
// Midnight does not exist on the first Sunday of September.
constexpr const char* leaps_at_midnight = "<-04>4<-03>,M9.1.0/0,M4.1.0/0";

WallTime utc(const std::string& text) {
  const auto name = wire::parse_log_name("x.log-" + text + ".000000Z");
  REQUIRE(name);
  return name->put_aside;
}

std::string words(const LogPeriod& period) {
  return format_utc_seconds(period.begin) + " " + format_utc_seconds(period.end);
}

bool is_readable(const LogTimer& timer, std::chrono::milliseconds within) {
  pollfd look{.fd = timer.fd(), .events = POLLIN, .revents = 0};
  return ::poll(&look, 1, static_cast<int>(within.count())) == 1;
}

} // namespace

TEST_CASE(
    "log period: days last from midnight to midnight, 23 and 25 hours where summer time begins and ends") {
  const test::Zone zone(berlin);
  CHECK(words(log_period(utc("20261124T065330"), 24h)) == "2026-11-23T23:00:00Z 2026-11-24T23:00:00Z");
  CHECK(words(log_period(utc("20261124T225959"), 24h)) == "2026-11-23T23:00:00Z 2026-11-24T23:00:00Z");
  CHECK(words(log_period(utc("20261124T230000"), 24h)) == "2026-11-24T23:00:00Z 2026-11-25T23:00:00Z");
  CHECK(words(log_period(utc("20260329T010000"), 24h)) == "2026-03-28T23:00:00Z 2026-03-29T22:00:00Z");
  CHECK(words(log_period(utc("20261025T010000"), 24h)) == "2026-10-24T22:00:00Z 2026-10-25T23:00:00Z");
}

TEST_CASE("log period: several days are counted from 1970-01-01") {
  const test::Zone zone("UTC");
  CHECK(words(log_period(utc("19700107T235959"), 168h)) == "1970-01-01T00:00:00Z 1970-01-08T00:00:00Z");
  CHECK(words(log_period(utc("19700108T000000"), 168h)) == "1970-01-08T00:00:00Z 1970-01-15T00:00:00Z");
}

TEST_CASE("log period: what is below a day is counted from midnight and ends with the day") {
  const test::Zone zone(berlin);
  CHECK(words(log_period(utc("20261124T065330"), 1h)) == "2026-11-24T06:00:00Z 2026-11-24T07:00:00Z");
  CHECK(words(log_period(utc("20261124T225930"), 7h)) == "2026-11-24T20:00:00Z 2026-11-24T23:00:00Z");
  // The day of 25 hours has an hour more.
  CHECK(words(log_period(utc("20261025T003000"), 1h)) == "2026-10-25T00:00:00Z 2026-10-25T01:00:00Z");
  CHECK(words(log_period(utc("20261025T013000"), 1h)) == "2026-10-25T01:00:00Z 2026-10-25T02:00:00Z");
}

TEST_CASE("log period: a midnight that does not exist") {
  const test::Zone zone(leaps_at_midnight);
  for (WallTime at = utc("20260905T000000"); at < utc("20260908T000000"); at += 10min) {
    const LogPeriod period = log_period(at, 24h);
    CAPTURE(format_utc(at), words(period));
    CHECK(period.has(at));
    // One period follows the other.
    CHECK(words(log_period(period.end, 24h)).starts_with(format_utc_seconds(period.end)));
    CHECK(log_period(period.begin, 24h).end == period.end);
  }
}

TEST_CASE("log timer: tells when the period is over, and then not before the next") {
  const test::Zone zone("UTC");
  LogTimer timer;
  REQUIRE(timer.valid());
  timer.set(Duration{});
  CHECK_FALSE(is_readable(timer, 0ms));
  timer.set(1s);
  const WallTime end = log_period(read_wall(), 1s).end;
  CHECK(is_readable(timer, 20s));
  CHECK(read_wall() >= end - 1s);
  timer.set(24h * 365);
  CHECK_FALSE(is_readable(timer, 0ms));
}
