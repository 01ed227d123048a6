#include "served.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

TEST_CASE("events that are followed come as they happen") {
  Served served;
  served.port.add_event("redis", "old");
  TestClient client(served);
  client.ask({.verb = ControlVerb::events, .follow = true, .last = 1});
  CHECK(client.reply_as<wire::EventLine>().why == "old");
  served.port.add_event("redis", "new");
  served.port.tell_change();
  CHECK(client.reply_as<wire::EventLine>().why == "new");
}

TEST_CASE("a status that is followed comes again after each change") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::status, .follow = true});
  CHECK(client.reply_as<wire::StatusView>().stack.verdict == "stopped");
  served.port.feed(model::StackStarted{});
  CHECK(client.reply_as<wire::StatusView>().stack.verdict == "starting");
}

TEST_CASE("a follower that does not read costs one buffer and is closed") {
  control::ServerOptions options;
  options.limits.read_within = std::chrono::milliseconds(50);
  Served served(options);
  TestClient client(served);
  client.ask({.verb = ControlVerb::events, .follow = true, .last = 1000000});
  for (int i = 0; i < 5000; ++i)
    served.port.add_event("redis", std::string(1000, 'x'));
  REQUIRE(served.wait_until([&] { return served.server->connections() == 1; }));
  CHECK(served.wait_until([&] {
    served.port.tell_change();
    return served.server->connections() == 0;
  }));
}

TEST_CASE("a follower that is slower than the events is told that some are gone") {
  Served served;
  TestClient client(served);
  served.port.add_event("redis", "old");
  client.ask({.verb = ControlVerb::events, .follow = true, .last = 1});
  CHECK(client.reply_as<wire::EventLine>().why == "old");
  served.port.add_event("redis", "seen");
  served.port.tell_change();
  for (int i = 0; i < 10; ++i)
    served.port.add_event("redis", "unseen");
  served.port.drop_oldest_events(2);
  served.port.tell_change();
  CHECK(client.reply_as<wire::EventLine>().why == "seen");
  client.reply_as<wire::Refused>();
}

TEST_CASE("answers that nobody reads are closed when they do not leave in time") {
  control::ServerOptions options;
  options.limits.read_within = std::chrono::milliseconds(50);
  model::StackSpec spec = two_services();
  spec.name = std::string(900000, 'n');
  Served served(options, spec);
  TestClient client(served);
  for (int i = 0; i < 10; ++i)
    client.ask({.verb = ControlVerb::status});
  REQUIRE(served.wait_until([&] { return served.server->connections() == 1; }));
  CHECK(served.wait_until([&] { return served.server->connections() == 0; }));
}

TEST_CASE("a client that asks nothing is closed in time, one that waits is not") {
  control::ServerOptions options;
  options.limits.request_within = std::chrono::milliseconds(50);
  Served served(options);
  TestClient waits(served);
  waits.ask({.verb = ControlVerb::start});
  waits.reply_as<wire::Progress>();
  TestClient silent(served);
  CHECK(silent.closed());
  CHECK(served.wait_until([&] { return served.server->connections() == 1; }));
  served.port.run(redis, 100);
  waits.reply_as<wire::Progress>();
}
