#include "client/since.h"
#include "command.h"
#include "fake_daemon.h"

using namespace holdfast;
using namespace holdfast::client;
using namespace holdfast::test;

namespace {

/// 2026-11-24T06:53:30Z
constexpr WallTime now{std::chrono::seconds(1795503210)};

std::string moment(std::string_view text) {
  const auto found = moment_of(text, now);
  return found ? format_utc_seconds(*found) : "none";
}

wire::EventLine at(const std::string& time) {
  return {.time = time,
          .service = "redis",
          .run = 2,
          .from = "starting",
          .to = "ready",
          .why = "",
          .took_ms = 51};
}

std::string line(const wire::EventLine& event) {
  return wire::encode_event(event) + "\n";
}

} // namespace

TEST_CASE("since: what a time means") {
  CHECK(moment("10m") == "2026-11-24T06:43:30Z");
  CHECK(moment("90s") == "2026-11-24T06:52:00Z");
  CHECK(moment("2h") == "2026-11-24T04:53:30Z");
  CHECK(moment("7d") == "2026-11-17T06:53:30Z");
  CHECK(moment("0s") == "2026-11-24T06:53:30Z");
  CHECK(moment("now") == "2026-11-24T06:53:30Z");
  CHECK(moment("today") == "2026-11-24T00:00:00Z");
  CHECK(moment("yesterday") == "2026-11-23T00:00:00Z");
  CHECK(moment("06:53") == "2026-11-24T06:53:00Z");
  CHECK(moment("06:53:30") == "2026-11-24T06:53:30Z");
  // It has not been so late today.
  CHECK(moment("06:54") == "2026-11-23T06:54:00Z");
  CHECK(moment("2026-11-23") == "2026-11-23T00:00:00Z");
  CHECK(moment("2026-11-23T22:01") == "2026-11-23T22:01:00Z");
  CHECK(moment("2026-11-23 22:01:59") == "2026-11-23T22:01:59Z");
  CHECK(moment("2026-11-24T06:53:30.123456Z") == "2026-11-24T06:53:30Z");
  // The time of a line as it stands there is the line's.
  CHECK(format_utc(moment_of("2026-11-24T06:53:30.123456Z", now).value()) == "2026-11-24T06:53:30.123456Z");
  CHECK(format_utc(moment_of("06:53:29.5", now).value()) == "2026-11-24T06:53:29.500000Z");
}

TEST_CASE("since: what is no time") {
  for (const char* text : {"",
                           "m",
                           "10",
                           "10 m",
                           "-5m",
                           "10w",
                           "99999999999999999999d",
                           "tomorrow",
                           "6:53",
                           "24:00",
                           "06:60",
                           "06:53:",
                           "06:53:30x",
                           "2026-13-01",
                           "2026-02-30",
                           "2026-11-24T",
                           "2026-11-24T06",
                           "2026-11-24x06:53",
                           "0026-11-24",
                           "-026-11-24",
                           "1000000d"}) {
    INFO(text);
    CHECK(moment(text) == "none");
  }
}

TEST_CASE(
    "events since a time: from the files what the daemon has not, and from the daemon what is late enough") {
  Command command;
  const auto old = at("2026-11-22T00:00:00.000000Z");
  const auto before = at("2026-11-23T01:00:00.000000Z");
  const auto first = at("2026-11-23T02:00:00.000000Z");
  const auto second = at("2026-11-23T03:00:00.000000Z");
  command.put("events.jsonl", line(old) + line(before) + line(first) + line(second));
  FakeDaemon daemon(command.socket(), {first, second, wire::Finished{}});
  CHECK(command.run({"events", "--json", "--since", "2026-11-23"}).out ==
        line(before) + line(first) + line(second));
  CHECK(command.run({"events", "--json", "--since", "2026-11-23T02:30"}).out == line(second));
  CHECK(command.run({"--since", "2027-01-01", "events", "--json"}).out == "");
  CHECK(daemon.requests()[0].last > 4096);
}

TEST_CASE("events since a time, without a daemon") {
  Command command;
  const auto before = at("2026-11-23T01:00:00.000000Z");
  const auto after = at("2026-11-23T02:00:00.000000Z");
  command.put("events.jsonl", line(before) + line(after));
  const Ran ran = command.run({"events", "--json", "--since", "2026-11-23T01:30"});
  CHECK(ran.code == 3);
  CHECK(ran.out == line(after));
}

TEST_CASE("events since what is no time is a mistake in usage") {
  Command command;
  const Ran ran = command.run({"events", "--since", "tomorrow"});
  CHECK(ran.code == 2);
  CHECK(ran.err.find("not a time such as 10m") != std::string::npos);
  CHECK(command.run({"events", "--since", "10m", "-n", "3"}).code == 2);
}
