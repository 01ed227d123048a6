#include "served.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

void bring_up(FakePort& port) {
  port.feed(model::StackStarted{});
  port.run(redis, 100);
  port.run(worker, 101);
  REQUIRE(port.stack().verdict() == model::Verdict::working);
}

} // namespace

TEST_CASE("start waits, says what for, and is done when all is ready") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start});
  CHECK(client.reply_as<wire::Progress>().text.find("redis is starting") != std::string::npos);
  served.port.run(redis, 100);
  CHECK(client.reply_as<wire::Progress>().text.find("worker is starting") != std::string::npos);
  served.port.run(worker, 101);
  client.reply_as<wire::Finished>();
  REQUIRE(served.port.asked_.size() == 1);
  CHECK(served.port.asked_[0].verb == model::Verb::start);
  CHECK(served.port.asked_[0].by == "root");
}

TEST_CASE("stop of a service ends when it is down, what needs it first") {
  Served served;
  bring_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::stop, .services = {"redis"}});
  client.reply_as<wire::Progress>();
  served.port.exit(worker, {.code = 0, .signal = 0});
  served.port.exit(redis, {.code = 0, .signal = 0});
  auto reply = client.reply();
  while (std::holds_alternative<wire::Progress>(reply))
    reply = client.reply();
  CHECK(std::holds_alternative<wire::Finished>(reply));
  CHECK(served.port.asked_[0].services == std::vector<ServiceId>{redis});
}

TEST_CASE("restart ends with the new run") {
  Served served;
  bring_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::restart, .services = {"worker"}});
  client.reply_as<wire::Progress>();
  served.port.exit(worker, {.code = 0, .signal = 0});
  served.port.run(worker, 102);
  auto reply = client.reply();
  while (std::holds_alternative<wire::Progress>(reply))
    reply = client.reply();
  CHECK(std::holds_alternative<wire::Finished>(reply));
  CHECK(served.port.stack().service(worker).last_run.value == 2);
}

TEST_CASE("a start that fails says why") {
  model::StackSpec spec = two_services();
  spec.services[0].restart.when = model::RestartWhen::never;
  Served served({}, spec);
  TestClient client(served);
  client.ask({.verb = ControlVerb::start, .services = {"redis"}});
  client.reply_as<wire::Progress>();
  const RunNumber run = served.port.stack().service(redis).last_run;
  served.port.feed(model::SpawnFailed{.service = redis,
                                      .run = run,
                                      .error = ENOENT,
                                      .what = "/usr/bin/redis: No such file or directory (execve)"});
  served.port.feed(model::LeafEmptied{.service = redis, .run = run});
  CHECK(client.reply_as<wire::Refused>().text.find("/usr/bin/redis: No such file") != std::string::npos);
}

TEST_CASE("without waiting a command is answered at once") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start, .wait = false});
  client.reply_as<wire::Finished>();
  CHECK(served.port.stack().verdict() == model::Verdict::starting);
}

TEST_CASE("a daemon that shuts down starts nothing, and says so to those who wait") {
  Served served;
  TestClient waits(served);
  waits.ask({.verb = ControlVerb::start});
  waits.reply_as<wire::Progress>();
  served.port.feed(model::ShutdownAsked{.by = "SIGTERM"});
  CHECK(waits.reply_as<wire::Refused>().text == "the daemon is shutting down");
  TestClient late(served);
  late.ask({.verb = ControlVerb::start, .wait = false});
  CHECK(late.reply_as<wire::Refused>().text == "the daemon is shutting down");
  CHECK(served.port.asked_.size() == 1);
}

TEST_CASE("a client that goes away while it waits is forgotten and its command goes on") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start});
  client.reply_as<wire::Progress>();
  CHECK(served.server->connections() == 1);
  client.hang_up();
  CHECK(served.wait_until([&] { return served.server->connections() == 0; }));
  served.port.run(redis, 100);
  served.port.run(worker, 101);
  CHECK(served.port.stack().verdict() == model::Verdict::working);
}

TEST_CASE("a second request during an answer ends the connection") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start});
  client.reply_as<wire::Progress>();
  client.ask({.verb = ControlVerb::version});
  CHECK(client.reply_as<wire::Refused>().text == "the request before this one is still being answered");
  CHECK(client.closed());
}
