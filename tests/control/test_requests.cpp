#include "served.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

TEST_CASE("status, version and logs are answered and the connection serves on") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::version});
  CHECK(client.reply_as<wire::DaemonVersion>().version == "1.2.3");
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::status});
  const auto view = client.reply_as<wire::StatusView>();
  CHECK(view.stack.name == "repository");
  CHECK(view.stack.verdict == "stopped");
  CHECK(view.services.size() == 2);
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::logs});
  CHECK(client.reply_as<wire::LogPlaces>() == wire::LogPlaces{"/var/log/somewhere", {"redis", "worker"}});
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::logs, .services = {"worker", "worker"}});
  CHECK(client.reply_as<wire::LogPlaces>().services == std::vector<std::string>{"worker"});
  client.reply_as<wire::Finished>();
}

TEST_CASE("events are the last ones asked for, oldest first") {
  Served served;
  for (int i = 0; i < 5000; ++i)
    served.port.add_event("redis", std::to_string(i));
  TestClient client(served);
  client.ask({.verb = ControlVerb::events, .last = 3000});
  for (int i = 2000; i < 5000; ++i)
    REQUIRE(client.reply_as<wire::EventLine>().why == std::to_string(i));
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::events, .last = 0});
  client.reply_as<wire::Finished>();
}

TEST_CASE("a request that is none is answered in words and the daemon lives") {
  Served served;
  TestClient client(served);
  client.send("hello\n");
  CHECK(client.reply_as<wire::Refused>().text == "not JSON");
  client.send("{\"verb\":\"exec\"}\n");
  CHECK(client.reply_as<wire::Refused>().text == "unknown verb \"exec\"");
  client.send(std::string("\0\xff\n", 3));
  CHECK(client.reply_as<wire::Refused>().text == "not JSON");
  client.ask({.verb = ControlVerb::version});
  client.reply_as<wire::DaemonVersion>();
}

TEST_CASE("a service that does not exist is named with the one that was meant") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::stop, .services = {"workers"}});
  CHECK(client.reply_as<wire::Refused>().text == "no service \"workers\"; did you mean \"worker\"?");
  client.ask({.verb = ControlVerb::logs, .services = {"postgresql"}});
  CHECK(client.reply_as<wire::Refused>().text == "no service \"postgresql\"");
  CHECK(served.port.asked_.empty());
}

TEST_CASE("a line that is too long is answered, then the connection is closed") {
  Served served;
  TestClient client(served);
  const std::string block(4096, 'a');
  for (int i = 0; i < 17; ++i)
    client.send(block);
  CHECK(client.reply_as<wire::Refused>().text == "the request is longer than 65536 bytes");
  CHECK(client.closed());
}

TEST_CASE("what was asked before a half close is still answered") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::version});
  REQUIRE(::shutdown(client.fd(), SHUT_WR) == 0);
  client.reply_as<wire::DaemonVersion>();
  client.reply_as<wire::Finished>();
  CHECK(client.closed());
}

TEST_CASE("requests sent at once are answered one after the other") {
  Served served;
  TestClient client(served);
  for (int i = 0; i < 100; ++i)
    client.ask({.verb = ControlVerb::version});
  for (int i = 0; i < 100; ++i) {
    client.reply_as<wire::DaemonVersion>();
    client.reply_as<wire::Finished>();
  }
}
