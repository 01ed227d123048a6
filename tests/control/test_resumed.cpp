#include "served.h"

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

constexpr std::uint64_t id = 4711;

void bring_all_up(FakePort& port) {
  port.feed(model::StackStarted{});
  port.run(redis, 100);
  port.run(worker, 101);
  REQUIRE(port.stack().verdict() == model::Verdict::working);
}

/// What ends an answer, behind all progress.
wire::ControlReply last_reply(TestClient& client) {
  auto reply = client.reply();
  while (std::holds_alternative<wire::Progress>(reply))
    reply = client.reply();
  return reply;
}

std::string refusal(TestClient& client) {
  const auto reply = last_reply(client);
  REQUIRE(std::holds_alternative<wire::Refused>(reply));
  return std::get<wire::Refused>(reply).text;
}

wire::ControlRequest again(wire::ControlRequest request, bool accepted) {
  request.accepted = accepted;
  return request;
}

} // namespace

TEST_CASE("a client that waits for an engine is served by the next one") {
  Served served;
  TestClient before(served);
  before.ask({.verb = ControlVerb::version});
  before.reply_as<wire::DaemonVersion>();
  before.reply_as<wire::Finished>();
  TestClient waits(served);
  waits.ask({.verb = ControlVerb::version});
  served.change_engine();
  waits.reply_as<wire::DaemonVersion>();
  CHECK(before.closed());
}

TEST_CASE("a command that is asked for again is carried out once, and its outcome is told") {
  for (const bool accepted : {false, true}) {
    Served served;
    bring_all_up(served.port);
    const wire::ControlRequest stop{.verb = ControlVerb::stop, .services = {"redis"}, .id = id};
    TestClient first(served);
    first.ask(stop);
    first.reply_as<wire::Progress>();
    served.change_engine();
    TestClient second(served);
    second.ask(again(stop, accepted));
    second.reply_as<wire::Progress>();
    CHECK(served.port.asked_.size() == 1);
    served.port.exit(worker, {.code = 0, .signal = 0});
    served.port.exit(redis, {.code = 0, .signal = 0});
    CHECK(std::holds_alternative<wire::Finished>(last_reply(second)));
    // And when it is over.
    TestClient third(served);
    third.ask(again(stop, accepted));
    third.reply_as<wire::Finished>();
    CHECK(served.port.asked_.size() == 1);
  }
}

TEST_CASE("an upgrade that is asked for again is not made again, and the next engine tells what came of it") {
  const std::vector<std::pair<engine::Upgraded, std::string>> outcomes = {
      {engine::Upgraded::done, ""},
      {engine::Upgraded::gone_back, "no engine of the next build took over; version "},
      {engine::Upgraded::under_way, "it is still under way"},
      {engine::Upgraded::none, "the next build was not executed; nothing was changed"}};
  for (const auto& [outcome, why] : outcomes) {
    INFO(why);
    Served served;
    const wire::ControlRequest upgrade{.verb = ControlVerb::upgrade, .id = id};
    TestClient first(served);
    first.ask(upgrade);
    first.reply_as<wire::Progress>();
    REQUIRE(served.wait_until([&] { return bool(served.port.upgrade_told_); }));
    served.port.upgrade_told_ = nullptr;
    served.port.upgraded_ = outcome;
    served.change_engine();
    TestClient second(served);
    second.ask(again(upgrade, true));
    if (why.empty())
      CHECK(second.reply_as<wire::Finished>().text.find("this is version ") == 0);
    else
      CHECK(refusal(second).find(why) == 0);
    CHECK_FALSE(served.port.upgrade_told_);
  }
}

TEST_CASE("the outcome of a restart that was accepted before is that of the restart") {
  Served served;
  bring_all_up(served.port);
  const wire::ControlRequest restart{.verb = ControlVerb::restart, .services = {"worker"}, .id = id};
  TestClient first(served);
  first.ask(restart);
  first.reply_as<wire::Progress>();
  served.change_engine();
  TestClient second(served);
  second.ask(again(restart, true));
  second.reply_as<wire::Progress>();
  served.port.exit(worker, {.code = 0, .signal = 0});
  served.port.run(worker, 102);
  CHECK(std::holds_alternative<wire::Finished>(last_reply(second)));
  CHECK(served.port.stack().service(worker).last_run.value == 2);
}

TEST_CASE("a command that was undone meanwhile fails, and is not carried out again") {
  Served served;
  bring_all_up(served.port);
  const wire::ControlRequest stop{.verb = ControlVerb::stop, .services = {"redis"}, .id = id};
  TestClient first(served);
  first.ask(stop);
  first.reply_as<wire::Progress>();
  served.change_engine();
  served.port.feed(model::CommandAsked{.verb = model::Verb::start, .services = {redis}, .by = "other"});
  TestClient second(served);
  second.ask(again(stop, true));
  CHECK(refusal(second) == "redis was started again meanwhile");
}

TEST_CASE("without waiting what was asked for before is answered at once") {
  Served served;
  const wire::ControlRequest start{.verb = ControlVerb::start, .wait = false, .id = id};
  for (int i = 0; i < 2; ++i) {
    TestClient client(served);
    client.ask(start);
    client.reply_as<wire::Finished>();
  }
  CHECK(served.port.asked_.size() == 1);
}

TEST_CASE("the door is held closed once for each request") {
  Served served;
  bring_all_up(served.port);
  const wire::ControlRequest close{.verb = ControlVerb::door, .id = id};
  TestClient client(served);
  client.ask(close);
  client.reply_as<wire::Finished>();
  served.port.feed(model::DoorAsked{.open = true, .by = "other"});
  served.change_engine();
  TestClient again(served);
  again.ask(close);
  again.reply_as<wire::Finished>();
  CHECK(served.port.doors_asked_.size() == 1);
  CHECK(served.port.stack().door_open());
}

TEST_CASE("a command that was accepted by nobody here is not carried out") {
  Served served;
  bring_all_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::stop, .id = id, .accepted = true});
  CHECK(refusal(client).find("its outcome is not known") != std::string::npos);
  CHECK(served.port.asked_.empty());
  client.ask({.verb = ControlVerb::reload, .id = id, .accepted = true});
  CHECK(refusal(client).find("its outcome is not known") != std::string::npos);
  CHECK_FALSE(served.port.reload_told_);
}

TEST_CASE("the id of one command is not that of another") {
  Served served;
  bring_all_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::stop, .services = {"worker"}, .wait = false, .id = id});
  client.reply_as<wire::Finished>();
  const std::string other = "the id of this command is that of another one";
  client.ask({.verb = ControlVerb::stop, .services = {"redis"}, .wait = false, .id = id});
  CHECK(refusal(client) == other);
  client.ask({.verb = ControlVerb::reload, .id = id});
  CHECK(refusal(client) == other);
  CHECK(served.port.asked_.size() == 1);
  // Without an id each is one of its own.
  for (int i = 0; i < 2; ++i) {
    client.ask({.verb = ControlVerb::stop, .services = {"redis"}, .wait = false});
    client.reply_as<wire::Finished>();
  }
  CHECK(served.port.asked_.size() == 3);
}

TEST_CASE("a refused command may be asked for again") {
  Served served;
  TestClient client(served);
  for (int i = 0; i < 2; ++i) {
    client.ask({.verb = ControlVerb::start, .services = {"reddis"}, .id = id});
    CHECK(refusal(client) == "no service \"reddis\"; did you mean \"redis\"?");
  }
}

TEST_CASE("a reload that was applied is waited for; who is not wanted any more is not") {
  Served served;
  bring_all_up(served.port);
  const wire::ControlRequest reload{.verb = ControlVerb::reload, .id = id};
  {
    TestClient client(served);
    client.ask(reload);
    REQUIRE(served.wait_until([&] { return bool(served.port.reload_told_); }));
    CHECK(served.port.reload_ticket_.id.value == id);
  }
  const model::CommandAsked restart{.verb = model::Verb::restart, .services = {worker}, .by = "root"};
  served.port.commands_.add(
      {.ticket = served.port.reload_ticket_,
       .awaited = {{.verb = model::Verb::start, .services = {redis, worker}, .by = {}}}});
  served.port.feed(restart);
  served.change_engine();
  {
    TestClient client(served);
    client.ask(again(reload, true));
    CHECK(client.reply_as<wire::Progress>().text.find("worker") != std::string::npos);
    served.port.exit(worker, {.code = 0, .signal = 0});
    served.port.run(worker, 102);
    CHECK(std::holds_alternative<wire::Finished>(last_reply(client)));
  }
  served.port.feed(model::CommandAsked{.verb = model::Verb::stop, .services = {worker}, .by = "other"});
  TestClient client(served);
  client.ask(again(reload, false));
  client.reply_as<wire::Finished>();
}

TEST_CASE("events go on from the number that is asked for") {
  Served served;
  for (const char* why : {"1", "2", "3", "4"})
    served.port.add_event("redis", why);
  served.port.drop_oldest_events(3);
  const auto whys = [&](std::uint64_t sequence) {
    TestClient client(served);
    client.ask({.verb = ControlVerb::events, .sequence = sequence});
    std::string all;
    for (auto reply = client.reply(); !std::holds_alternative<wire::Finished>(reply);
         reply = client.reply()) {
      const auto& event = std::get<wire::EventLine>(reply);
      CHECK(std::to_string(event.sequence.value_or(0)) == event.why);
      all += event.why;
    }
    return all;
  };
  CHECK(whys(3) == "34");
  CHECK(whys(1) == "234"); // what is gone is gone
  CHECK(whys(5).empty());
  CHECK(whys(6) == "234"); // counted by another daemon
  CHECK(whys(18446744073709551615U) == "234");
}

TEST_CASE("events that are asked for by number are followed too") {
  Served served;
  served.port.add_event("redis", "1");
  TestClient client(served);
  client.ask({.verb = ControlVerb::events, .follow = true, .sequence = 2});
  REQUIRE(served.wait_until([&] { return served.server->connections() == 1; }));
  served.port.add_event("redis", "2");
  served.port.tell_change();
  CHECK(client.reply_as<wire::EventLine>().why == "2");
}
