#include "client/daemon_link.h"
#include "engines.h"

#include <cerrno>

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

wire::EventLine numbered(std::uint64_t sequence, const std::string& why = "it answers") {
  return {.time = "2026-11-24T06:53:3" + std::to_string(sequence % 10) + ".000000Z",
          .service = "redis",
          .run = 2,
          .from = "starting",
          .to = "ready",
          .why = why,
          .took_ms = 51,
          .sequence = sequence};
}

std::string lines(std::vector<wire::EventLine> events) {
  std::string text;
  for (const wire::EventLine& event : events)
    text += wire::encode_event(event) + "\n";
  return text;
}

const std::vector<std::string> followed = {"events", "-f", "--json"};

/// An engine that tells events and dies, in the middle of one where `half` says so.
void tell(EngineEnd engine, const std::vector<wire::EventLine>& events, bool half = false) {
  for (const wire::EventLine& event : events)
    engine.say(event);
  if (half) engine.write(wire::encode(numbered(9)).substr(0, 40));
}

} // namespace

TEST_CASE("events that are followed come once each over engines, from the last one on that was told") {
  for (const bool half : {false, true}) {
    Engines engines(followed);
    {
      EngineEnd first = engines.accept();
      const wire::ControlRequest request = first.request();
      CHECK(request.follow);
      CHECK(request.last == 10);
      CHECK(request.sequence == 0);
      tell(std::move(first), {numbered(4), numbered(5)}, half);
    }
    {
      EngineEnd second = engines.accept();
      CHECK(second.met() == wire::ControlRequest{.verb = ControlVerb::events, .follow = true, .sequence = 5});
      tell(std::move(second), {numbered(5), numbered(6)}, half);
    }
    {
      EngineEnd third = engines.accept();
      CHECK(third.met().sequence == 6);
      tell(std::move(third), {}, half);
    }
    EngineEnd last = engines.accept();
    CHECK(last.met().sequence == 6);
    last.say(numbered(6));
    last.say(numbered(7));
    last.say(wire::Finished{});
    const Ran ran = engines.ended();
    CHECK(ran.code == 0);
    CHECK(ran.out == lines({numbered(4), numbered(5), numbered(6), numbered(7)}));
    CHECK(ran.err.empty());
  }
}

TEST_CASE("who has seen no event yet goes on with the first") {
  Engines engines(followed);
  engines.accept().die();
  EngineEnd next = engines.accept();
  CHECK(next.met().sequence == 1);
  next.say(numbered(1));
  next.say(wire::Finished{});
  CHECK(engines.ended().out == lines({numbered(1)}));
}

TEST_CASE("events that nobody knows any more are told as a gap") {
  Engines engines(followed);
  tell(engines.accept(), {numbered(4)});
  EngineEnd next = engines.accept();
  CHECK(next.met().sequence == 4);
  next.say(numbered(8));
  next.say(wire::Finished{});
  const Ran ran = engines.ended();
  CHECK(ran.out == lines({numbered(4), numbered(8)}));
  CHECK(ran.err == "holdfast: events 5 to 7 are not known any more\n");
}

TEST_CASE("what begins right behind the last event is no gap") {
  Engines engines(followed);
  tell(engines.accept(), {numbered(4)});
  EngineEnd next = engines.accept();
  static_cast<void>(next.met());
  next.say(numbered(5));
  next.say(wire::Finished{});
  const Ran ran = engines.ended();
  CHECK(ran.out == lines({numbered(4), numbered(5)}));
  CHECK(ran.err.empty());
}

TEST_CASE("a daemon that counts anew is told as one, and all that it has is shown") {
  const std::string anew = "holdfast: the daemon counts its events anew; all that it has:\n";
  {
    Engines engines(followed);
    tell(engines.accept(), {numbered(4)});
    EngineEnd next = engines.accept();
    static_cast<void>(next.met());
    next.say(numbered(1, "again"));
    next.say(numbered(2, "again"));
    next.say(wire::Finished{});
    const Ran ran = engines.ended();
    CHECK(ran.out == lines({numbered(4), numbered(1, "again"), numbered(2, "again")}));
    CHECK(ran.err == anew);
  }
  // It has come so far already that it has another event of the same number.
  Engines engines(followed);
  tell(engines.accept(), {numbered(4)});
  EngineEnd next = engines.accept();
  CHECK(next.met().sequence == 4);
  next.say(numbered(4, "again"));
  EngineEnd once_more = engines.accept();
  CHECK(once_more.met().sequence == 1);
  for (const std::uint64_t sequence : {1U, 2U, 3U, 4U})
    once_more.say(numbered(sequence, "again"));
  once_more.say(wire::Finished{});
  const Ran ran = engines.ended();
  CHECK(ran.out == lines({numbered(4), numbered(1, "again"), numbered(2, "again"), numbered(3, "again"),
                          numbered(4, "again")}));
  CHECK(ran.err == anew);
}

TEST_CASE("of no past events the last one is asked for and not shown") {
  Engines engines({"events", "-f", "-n", "0", "--json"});
  {
    EngineEnd first = engines.accept();
    CHECK(first.request().last == 1);
    first.say(numbered(4));
  }
  wire::EventLine later = numbered(5);
  later.time = "2999-01-01T00:00:00.000000Z";
  EngineEnd next = engines.accept();
  CHECK(next.met().sequence == 4);
  next.say(numbered(4));
  next.say(later);
  next.say(wire::Finished{});
  CHECK(engines.ended().out == lines({later}));
}

TEST_CASE("events that are not followed are told to their end") {
  Engines engines({"events", "--json", "-n", "3"});
  tell(engines.accept(), {numbered(4), numbered(5)}, true);
  EngineEnd next = engines.accept();
  CHECK(next.met() == wire::ControlRequest{.verb = ControlVerb::events, .sequence = 5});
  next.say(numbered(5));
  next.say(numbered(6));
  next.say(wire::Finished{});
  CHECK(engines.ended().out == lines({numbered(4), numbered(5), numbered(6)}));
}

TEST_CASE("a daemon that takes no connection is not waited for without end") {
  Command command;
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, command.socket().data(), command.socket().size());
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  std::vector<client::DaemonLink> waiting;
  for (;;) {
    auto link = client::DaemonLink::open(command.socket(), std::chrono::milliseconds(10));
    if (!link) {
      CHECK(link.error().code == EAGAIN);
      CHECK(link.error().what == command.socket() + ": the daemon takes no connection");
      break;
    }
    waiting.push_back(std::move(link).value());
    REQUIRE(waiting.size() < 100);
  }
}
