#include "served.h"

#include <unistd.h>

using namespace holdfast;
using namespace holdfast::test;
using wire::ControlVerb;

namespace {

const std::string us = "by=\"root\" pid=" + std::to_string(::getpid());

/// The lines of the log of commands so far, without the times that commands took.
std::vector<std::string> audited(const Served& served) {
  std::vector<std::string> lines = served.port.audit_;
  for (std::string& line : lines)
    if (const std::size_t at = line.find(" took="); at != std::string::npos)
      line.erase(at, line.find_first_of("s", at + 6) + 1 - at);
  return lines;
}

using Lines = std::vector<std::string>;

bool tells(Served& served, const Lines& expected) {
  const bool is_told = served.wait_until([&] { return audited(served).size() >= expected.size(); });
  CHECK(audited(served) == expected);
  return is_told;
}

} // namespace

TEST_CASE("audit: a command is told when it is asked for and when its outcome is known") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::start, .id = 10});
  client.reply_as<wire::Progress>();
  const std::string command = us + " id=000000000000000a command=\"start\"";
  CHECK(audited(served) == Lines{"asked " + command});
  served.port.run(redis, 100);
  CHECK(served.port.audit_.size() == 1);
  served.port.run(worker, 101);
  REQUIRE(served.port.audit_.size() == 2);
  CHECK(audited(served)[1].starts_with("done " + command));
  CHECK(served.port.audit_[1].find(" took=") != std::string::npos);
}

TEST_CASE("audit: the outcome is told though nobody waits for it") {
  Served served;
  TestClient client(served);
  SECTION("who does not want to") {
    client.ask({.verb = ControlVerb::start, .wait = false});
    client.reply_as<wire::Finished>();
  }
  SECTION("who is gone") {
    client.ask({.verb = ControlVerb::start});
    client.reply_as<wire::Progress>();
    client.hang_up();
    REQUIRE(served.wait_until([&] { return served.server->connections() == 0; }));
  }
  CHECK(served.port.audit_.size() == 1);
  served.port.run(redis, 100);
  served.port.run(worker, 101);
  REQUIRE(served.port.audit_.size() == 2);
  CHECK(served.port.audit_[1].starts_with("done " + us + " command=\"start\""));
}

TEST_CASE("audit: a command that fails or is refused is told with its reason") {
  model::StackSpec spec = two_services();
  spec.services[0].restart.when = model::RestartWhen::never;
  Served served({}, spec);
  TestClient client(served);
  client.ask({.verb = ControlVerb::restart, .services = {"rediss"}});
  client.reply_as<wire::Refused>();
  REQUIRE(served.port.audit_.size() == 2);
  CHECK(audited(served)[1].starts_with("refused " + us + " command=\"restart rediss\""));
  CHECK(audited(served)[1].ends_with(R"(text="no service \"rediss\"; did you mean \"redis\"?")"));
  client.ask({.verb = ControlVerb::start, .services = {"redis"}});
  client.reply_as<wire::Progress>();
  const RunNumber run = served.port.stack().service(redis).last_run;
  served.port.feed(model::SpawnFailed{
      .service = redis, .run = run, .error = ENOENT, .what = "/usr/bin/redis: not there (execve)"});
  served.port.feed(model::LeafEmptied{.service = redis, .run = run});
  REQUIRE(served.port.audit_.size() == 4);
  CHECK(served.port.audit_[3].starts_with("failed " + us + " command=\"start redis\""));
  CHECK(served.port.audit_[3].find("/usr/bin/redis: not there") != std::string::npos);
}

TEST_CASE("audit: what only looks is not told") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::status});
  client.reply();
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::events});
  client.reply_as<wire::Finished>();
  CHECK(served.port.audit_.empty());
}

TEST_CASE("audit: what the port answers later is told though the client is gone") {
  Served served;
  TestClient client(served);
  SECTION("a volume") {
    client.ask({.verb = ControlVerb::adopt, .volume = "data"});
    REQUIRE(served.wait_until([&] { return bool(served.port.adopt_told_); }));
    client.hang_up();
    REQUIRE(served.wait_until([&] { return served.server->connections() == 0; }));
    served.port.adopt_told_({.refused = "it is a plain directory", .marker = {}});
    CHECK(
        tells(served, {"asked " + us + " command=\"volume adopt data\"",
                       "refused " + us + " command=\"volume adopt data\" text=\"it is a plain directory\""}));
  }
  SECTION("a reload that is refused") {
    client.ask({.verb = ControlVerb::reload});
    REQUIRE(served.wait_until([&] { return bool(served.port.reload_told_); }));
    served.port.reload_told_({.plan = {}, .refused = "a mistake", .awaited = {}});
    CHECK(tells(served, {"asked " + us + " command=\"reload\"",
                         "refused " + us + " command=\"reload\" text=\"a mistake\""}));
  }
  SECTION("a reload that is applied") {
    client.ask({.verb = ControlVerb::reload});
    REQUIRE(served.wait_until([&] { return bool(served.port.reload_told_); }));
    client.hang_up();
    REQUIRE(served.wait_until([&] { return served.server->connections() == 0; }));
    served.port.reload_told_({.plan = {}, .refused = {}, .awaited = {}});
    CHECK(tells(served, {"asked " + us + " command=\"reload\"", "done " + us + " command=\"reload\""}));
  }
}

TEST_CASE("audit: the engine after the one that accepted a command tells its outcome once") {
  Served served;
  {
    TestClient client(served);
    client.ask({.verb = ControlVerb::start, .id = 10});
    client.reply_as<wire::Progress>();
  }
  served.change_engine();
  CHECK(served.port.audit_.size() == 1);
  TestClient client(served);
  client.ask({.verb = ControlVerb::start, .id = 10, .accepted = true});
  client.reply_as<wire::Progress>();
  TestClient other(served);
  other.ask({.verb = ControlVerb::start, .id = 10, .accepted = true});
  other.reply_as<wire::Progress>();
  served.port.run(redis, 100);
  served.port.run(worker, 101);
  REQUIRE(served.port.audit_.size() == 2);
  CHECK(served.port.audit_[1].starts_with("done " + us + " id=000000000000000a command=\"start\""));
}

TEST_CASE("audit: its log is shown to who asks for it by name") {
  Served served;
  TestClient client(served);
  client.ask({.verb = ControlVerb::logs, .services = {"redis", std::string(wire::audit_log)}});
  const auto places = client.reply_as<wire::LogPlaces>();
  CHECK(places.services == Lines{std::string(wire::audit_log), "redis"});
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::logs, .services = {std::string(wire::audit_log)}});
  CHECK(client.reply_as<wire::LogPlaces>().services == Lines{std::string(wire::audit_log)});
  client.reply_as<wire::Finished>();
  client.ask({.verb = ControlVerb::logs});
  CHECK(client.reply_as<wire::LogPlaces>().services == Lines{"redis", "worker"});
}
