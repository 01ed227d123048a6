#include "served.h"

#include <sys/socket.h>

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

wire::PlanView one_change() {
  return {.config = "f.yaml", .changes = {{.service = "worker", .effect = "restart"}}};
}

/// Two services and a task on command.
model::StackSpec with_task() {
  model::StackSpec spec = two_services();
  model::ServiceSpec task;
  task.name = "migration";
  task.task = model::TaskRun::on_command;
  task.restart.when = model::RestartWhen::never;
  spec.services.push_back(std::move(task));
  return spec;
}

} // namespace

TEST_CASE("plan is answered when the configuration has been read") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::plan});
  REQUIRE(served.wait_until([&] { return bool(served.port.plan_told_); }));
  served.port.plan_told_(one_change());
  CHECK(client.reply_as<wire::PlanView>() == one_change());
  client.reply_as<wire::Finished>();
}

TEST_CASE("a plan or a reload whose client went away is answered to nobody") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::plan});
  TestClient second(served);
  second.ask({.verb = ControlVerb::reload});
  REQUIRE(served.wait_until([&] { return served.port.plan_told_ && served.port.reload_told_; }));
  client.hang_up();
  second.hang_up();
  REQUIRE(served.wait_until([&] { return served.server->connections() == 0; }));
  served.port.plan_told_(one_change());
  served.port.reload_told_({.plan = one_change(), .refused = {}, .awaited = {}});
}

TEST_CASE("a volume is adopted when the daemon has looked at it, or says why it is not") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::adopt, .volume = "database", .id = 7});
  REQUIRE(served.wait_until([&] { return bool(served.port.adopt_told_); }));
  CHECK(served.port.adopted_ == "database by root");
  CHECK(served.port.adopt_id_.value == 7);
  std::exchange(served.port.adopt_told_, nullptr)({.refused = {}, .marker = "0123"});
  CHECK(client.reply_as<wire::Finished>().text == "its marker is 0123");
  client.ask({.verb = ControlVerb::adopt, .volume = "database"});
  REQUIRE(served.wait_until([&] { return bool(served.port.adopt_told_); }));
  served.port.adopt_told_({.refused = "/srv/db does not answer", .marker = {}});
  CHECK(client.reply_as<wire::Refused>().text == "/srv/db does not answer");
}

TEST_CASE("an upgrade is told before it is tried, and why it is refused") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::upgrade, .id = 7});
  CHECK(client.reply_as<wire::Progress>().text == "the trial of the build that is installed, and its engine");
  REQUIRE(served.wait_until([&] { return bool(served.port.upgrade_told_); }));
  CHECK(served.port.upgrade_by_ == "root");
  served.port.upgrade_told_("it is not fit; nothing was changed");
  CHECK(client.reply_as<wire::Refused>().text == "it is not fit; nothing was changed");
}

TEST_CASE("reload shows what it changes, then waits for all that comes of it") {
  Served served;
  bring_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::reload});
  REQUIRE(served.wait_until([&] { return bool(served.port.reload_told_); }));
  CHECK(served.port.reload_by_ == "root");
  const model::CommandAsked restart{.verb = model::Verb::restart, .services = {worker}, .by = "root"};
  served.port.ask(restart, {});
  served.port.reload_told_({.plan = one_change(), .refused = {}, .awaited = {restart}});
  CHECK(client.reply_as<wire::PlanView>() == one_change());
  CHECK(client.reply_as<wire::Progress>().text.find("worker") != std::string::npos);
  served.port.exit(worker, {.code = 0, .signal = 0});
  served.port.run(worker, 102);
  auto reply = client.reply();
  while (std::holds_alternative<wire::Progress>(reply))
    reply = client.reply();
  CHECK(std::holds_alternative<wire::Finished>(reply));
}

TEST_CASE(
    "a reload that nothing comes of is done at once; one that is refused says why behind the mistakes") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::reload});
  REQUIRE(served.wait_until([&] { return bool(served.port.reload_told_); }));
  std::exchange(served.port.reload_told_, nullptr)({.plan = {}, .refused = {}, .awaited = {}});
  client.reply_as<wire::PlanView>();
  client.reply_as<wire::Finished>();

  client.ask({.verb = ControlVerb::reload});
  REQUIRE(served.wait_until([&] { return bool(served.port.reload_told_); }));
  served.port.reload_told_({.plan = {.valid = false}, .refused = "no", .awaited = {}});
  CHECK_FALSE(client.reply_as<wire::PlanView>().valid);
  CHECK(client.reply_as<wire::Refused>().text == "no");
}

TEST_CASE("the door is held closed by command, and no longer") {
  Served served;
  bring_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::door});
  client.reply_as<wire::Finished>();
  CHECK_FALSE(served.port.stack().door_open());
  client.ask({.verb = ControlVerb::status});
  CHECK(client.reply_as<wire::StatusView>().stack.door == "closed");
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::door, .open = true});
  client.reply_as<wire::Finished>();
  CHECK(served.port.stack().door_open());
}

TEST_CASE("a task is run and waited for; what is no task is refused") {
  Served served({}, with_task());
  bring_up(served.port);
  TestClient client(served);
  client.ask({.verb = ControlVerb::task, .services = {"worker"}});
  CHECK(client.reply_as<wire::Refused>().text == "worker is no task; start it, or restart it");
  client.ask({.verb = ControlVerb::task, .services = {"migraton"}});
  CHECK(client.reply_as<wire::Refused>().text == "no service \"migraton\"; did you mean \"migration\"?");
  client.ask({.verb = ControlVerb::task, .services = {"migration"}});
  client.reply_as<wire::Progress>();
  const ServiceId task{2};
  served.port.run(task, 200);
  served.port.exit(task, {.code = 0, .signal = 0});
  auto reply = client.reply();
  while (std::holds_alternative<wire::Progress>(reply))
    reply = client.reply();
  CHECK(std::holds_alternative<wire::Finished>(reply));
}

TEST_CASE("explain leads to the service that is in trouble, and ends with its log") {
  Served served;
  served.port.lines_ = {"one", "two"};
  bring_up(served.port);
  served.port.exit(redis, {.code = 3, .signal = 0});
  TestClient client(served);
  client.ask({.verb = ControlVerb::explain});
  const auto lines = client.reply_as<wire::Explanation>().lines;
  client.reply_as<wire::Finished>();
  REQUIRE(lines.size() > 3);
  CHECK(lines[0].text.starts_with("repository is "));
  CHECK(lines[0].since.has_value());
  CHECK(lines[lines.size() - 3].text == "the log of redis ends with:");
  CHECK(lines.back().text == "| two");
  CHECK(lines.back().depth == 1);

  client.ask({.verb = ControlVerb::explain, .services = {"worker"}});
  CHECK(client.reply_as<wire::Explanation>().lines.at(0).text.starts_with("worker is ready"));
}

TEST_CASE("a client that closes its writing side still gets the answer it waits for") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start});
  client.reply_as<wire::Progress>();
  REQUIRE(::shutdown(client.fd(), SHUT_WR) == 0);
  served.port.run(redis, 100);
  client.reply_as<wire::Progress>();
  served.port.run(worker, 101);
  client.reply_as<wire::Finished>();
  CHECK(client.closed());
  CHECK(served.wait_until([&] { return served.server->connections() == 0; }));
}

TEST_CASE("a client that closes its writing side and then goes away is forgotten") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start});
  client.reply_as<wire::Progress>();
  REQUIRE(::shutdown(client.fd(), SHUT_WR) == 0);
  served.port.run(redis, 100);
  client.reply_as<wire::Progress>();
  CHECK(served.server->connections() == 1);
  client.hang_up();
  CHECK(served.wait_until([&] { return served.server->connections() == 0; }));
}

TEST_CASE("status says since when the configuration on the disk is another") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::status});
  CHECK_FALSE(client.reply_as<wire::StatusView>().stack.changed_on_disk.has_value());
  client.reply_as<wire::Finished>();
  served.port.changed_on_disk_ = WallTime(std::chrono::seconds(1795503210));
  client.ask({.verb = ControlVerb::status});
  CHECK(client.reply_as<wire::StatusView>().stack.changed_on_disk == "2026-11-24T06:53:30Z");
}
