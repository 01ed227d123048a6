#include "input.h"
#include "support/catch.h"

#include <map>
#include <vector>

using namespace holdfast;

namespace {

const std::string two =
    "stack: {name: s}\n"
    "services:\n"
    "  a: {command: [/bin/true], user: root, listens: ['127.0.0.1:5432', 'unix:/run/a'], "
    "replaces: [a.service, a.socket]}\n"
    "  b: {command: [/bin/true], user: root, listens: ['127.0.0.1:6379'], enabled: false}\n";

/// A machine that answers from tables and remembers what it was asked.
struct Machine {
  std::map<std::string, std::string> listeners;
  std::map<std::string, config::UnitState> units;
  std::vector<std::string> asked;

  config::MachineQuestions questions() {
    return {
        .listener = [this](const std::string& service, const std::string& address) -> Result<std::string> {
          asked.push_back(service + " " + address);
          return listeners[address];
        },
        .unit = [this](const std::string& unit) -> Result<config::UnitState> {
          asked.push_back(unit);
          return units[unit];
        }};
  }
};

} // namespace

TEST_CASE("rivals: nobody is in the way; a disabled service is not asked for") {
  Machine machine;
  test::Input input;
  input.options.machine = machine.questions();
  const auto loaded = input.load(two);
  CHECK(loaded.stack);
  CHECK(loaded.diagnostics.empty());
  CHECK(machine.asked ==
        std::vector<std::string>{"a 127.0.0.1:5432", "a unix:/run/a", "a.service", "a.socket"});
}

TEST_CASE("rivals: an address in use is a mistake at its place, and says by whom") {
  Machine machine;
  machine.listeners["unix:/run/a"] = "server (pid 4711, other.service)";
  test::Input input;
  input.options.machine = machine.questions();
  const auto loaded = input.load(two);
  CHECK_FALSE(loaded.stack);
  REQUIRE(loaded.diagnostics.size() == 1);
  const auto& told = loaded.diagnostics.front();
  CHECK(told.line == 3);
  CHECK(told.path == "services.a.listens");
  CHECK(told.message == "\"unix:/run/a\" is in use by server (pid 4711, other.service)");
  CHECK(told.hint == "stop that, or give \"a\" another address");
}

TEST_CASE("rivals: a unit that runs is a mistake, an enabled one a warning, each with the command") {
  Machine machine;
  machine.units["a.service"] = {.active = true, .enabled = true};
  machine.units["a.socket"] = {.active = false, .enabled = true};
  test::Input input;
  input.options.machine = machine.questions();
  const auto loaded = input.load(two);
  CHECK_FALSE(loaded.stack);
  REQUIRE(loaded.diagnostics.size() == 2);
  CHECK(loaded.diagnostics[0].severity == config::Severity::error);
  CHECK(loaded.diagnostics[0].message == "the unit \"a.service\" runs, which \"a\" replaces");
  CHECK(loaded.diagnostics[0].hint == "systemctl disable --now a.service");
  CHECK(loaded.diagnostics[1].severity == config::Severity::warning);
  CHECK(loaded.diagnostics[1].hint == "systemctl disable --now a.socket");
}

TEST_CASE("rivals: what cannot be known is a warning, and all the rest is still looked at") {
  test::Input input;
  input.options.machine = {
      .listener = [](const std::string&, const std::string&) -> Result<std::string> {
        return Error{"cannot read /proc/net/tcp"};
      },
      .unit = [](const std::string&) -> Result<config::UnitState> { return Error{"no D-Bus"}; }};
  const auto loaded = input.load(two);
  CHECK(loaded.stack);
  CHECK(loaded.diagnostics.size() == 4);
  CHECK(test::told(loaded, "cannot read /proc/net/tcp"));
  CHECK(test::told(loaded, "no D-Bus"));
}

TEST_CASE("rivals: two services on one address is a mistake on any machine") {
  test::Input input;
  const auto loaded = input.load("stack: {name: s}\n"
                                 "services:\n"
                                 "  a: {command: [/bin/true], user: root, listens: ['127.0.0.1:80']}\n"
                                 "  b: {command: [/bin/true], user: root, listens: ['127.0.0.1:80']}\n"
                                 "  c: {command: [/bin/true], user: root, listens: ['127.0.0.1:80'], "
                                 "enabled: false}\n");
  CHECK_FALSE(loaded.stack);
  REQUIRE(loaded.diagnostics.size() == 1);
  CHECK(loaded.diagnostics[0].line == 4);
  CHECK(loaded.diagnostics[0].message == "\"b\" and \"a\" cannot both listen on \"127.0.0.1:80\"");
}

TEST_CASE("rivals: what is not a unit") {
  test::Input input;
  for (const char* unit : {"redis", "redis.mount", ".service", "a b.service", "../a.service"}) {
    INFO(unit);
    const auto loaded =
        input.load("stack: {name: s}\nservices:\n  a: {command: [/bin/true], user: root, replaces: ['" +
                   std::string(unit) + "']}\n");
    CHECK(test::told(loaded, "\"" + std::string(unit) + "\" is not a unit of systemd"));
  }
}
