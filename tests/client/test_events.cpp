#include "command.h"
#include "fake_daemon.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

wire::EventLine event(const std::string& why) {
  return {.time = "2026-11-24T06:53:30.123456Z",
          .service = "redis",
          .run = 2,
          .from = "starting",
          .to = "ready",
          .why = why,
          .took_ms = 51};
}

} // namespace

TEST_CASE("events for people and for programs") {
  Command command;
  const wire::EventLine verdict{.time = "2026-11-24T06:53:31.000000Z", .from = "starting", .to = "working"};
  FakeDaemon daemon(command.socket(), {event("it\x1b[2J answers"), verdict, wire::Finished{}});
  const Ran people = command.run({"events", "-n", "7"});
  CHECK(people.code == 0);
  CHECK(people.out ==
        "2026-11-24T06:53:30.123456Z  redis run 2  starting -> ready after 0.051 s: it\\x1b[2J answers\n"
        "2026-11-24T06:53:31.000000Z  stack  starting -> working\n");
  CHECK(daemon.requests()[0] ==
        wire::ControlRequest{.verb = ControlVerb::events, .follow = false, .last = 7});
  const Ran json = command.run({"events", "--json"});
  CHECK(json.out ==
        wire::encode_event(event("it\x1b[2J answers")) + "\n" + wire::encode_event(verdict) + "\n");
}

TEST_CASE("without a daemon the last events come from both files, lines that are none left out") {
  Command command;
  command.put("events.jsonl.1",
              wire::encode_event(event("a")) + "\n" + wire::encode_event(event("b")) + "\n");
  command.put("events.jsonl",
              "\n{\"half\n" + wire::encode_event(event("c")) + "\n" + wire::encode_event(event("d")));
  const Ran ran = command.run({"events", "--json", "-n", "3"});
  CHECK(ran.code == 3);
  CHECK(ran.out == wire::encode_event(event("b")) + "\n" + wire::encode_event(event("c")) + "\n" +
                       wire::encode_event(event("d")) + "\n");
  CHECK(ran.err.find("last known, until 2026-11-24T06:53:30.123456Z") != std::string::npos);
}

TEST_CASE("without a daemon and without files no events are known") {
  Command command;
  const Ran ran = command.run({"events"});
  CHECK(ran.code == 3);
  CHECK(ran.err.find("nothing is known of before") != std::string::npos);
}
