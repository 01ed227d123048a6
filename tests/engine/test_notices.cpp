#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"
#include "support/has.h"

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

using Manager = StackUnderTest::Manager;

/// The microseconds that a datagram asks for.
std::chrono::microseconds extension(const std::string& said) {
  const std::string key = "EXTEND_TIMEOUT_USEC=";
  const std::size_t at = said.find(key);
  REQUIRE(at != std::string::npos);
  return std::chrono::microseconds(std::stoll(said.substr(at + key.size())));
}

} // namespace

TEST_CASE("notices - ready when it works and not before and with time for the start and for the stop") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.ready.kind = model::ProbeKind::exec;
  a.ready.exec = Place::program({"file", place / "there"});
  a.ready.every = 20ms;
  auto spec = place.stack({a});
  spec.start_within = 5min;
  spec.stop_within = 40s;
  StackUnderTest stack(place, spec, Manager::listens);
  const std::string first = stack.manager().next();
  CHECK(has(first, "STATUS=starting: 0 of 1 services; a is "));
  CHECK_FALSE(has(first, "READY=1"));
  // The stack's bound, an orderly stop when that is over, and half a minute for the rest.
  CHECK(extension(first) <= 5min + 40s + 30s);
  CHECK(extension(first) > 5min + 40s);
  REQUIRE(stack.tells("a says exit code 1"));
  REQUIRE(replace_file(place / "there", "", 0644));
  CHECK(stack.manager().next_with("READY=1") == "READY=1\nSTATUS=working: 1 of 1 services");
  stack.terminate();
  const std::string last = stack.manager().next();
  CHECK(has(last, "STOPPING=1\nSTATUS=stopping"));
  CHECK(extension(last) > 30s);
  CHECK(stack.exit_code() == 0);
}

TEST_CASE("notices - the line says what is broken and that the door is closed") {
  const Place place;
  auto a = Place::service("a", {"run"});
  auto b = Place::service("b", {"run"});
  StackUnderTest stack(place, place.stack({a, b}), Manager::listens);
  REQUIRE(stack.manager().next_with("STATUS=working: 2 of 2 services") != "nothing");
  stack.ask("stop a");
  CHECK(stack.manager().next_with("; a is down") ==
        "READY=1\nSTATUS=broken: 1 of 1 services; a is down: stopped by the test; door closed");
  stack.ask("start a");
  CHECK(stack.manager().next_with("STATUS=working") == "READY=1\nSTATUS=working: 2 of 2 services");
  CHECK(stack.ends_well());
}

TEST_CASE("notices - a door that is held closed is told once and beside what else is missing") {
  const Place place;
  auto b = Place::service("b", {"run"});
  b.critical = false;
  b.restart.delay = b.restart.up_to = 1min;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"}), b}), Manager::listens);
  REQUIRE(stack.manager().next_with("STATUS=working: 2 of 2 services") != "nothing");
  stack.ask("door close");
  CHECK(stack.manager().next_with("door") ==
        "READY=1\nSTATUS=working: 2 of 2 services; the door is held closed by the test");
  REQUIRE(::kill(stack.pids("b", 1).at(0), SIGKILL) == 0);
  CHECK(has(stack.manager().next_with("STATUS=degraded"), "; door closed"));
  stack.ask("door open");
  CHECK_FALSE(has(stack.manager().next_with("STATUS=degraded"), "door"));
  CHECK(stack.ends_well());
}

TEST_CASE("notices - a stack that is held after it failed is no longer waited for") {
  const Place place;
  auto a = Place::service("a", {});
  a.program.command = {"/nonexistent/program"};
  auto spec = place.stack({a});
  spec.when_broken = model::WhenBroken::hold;
  StackUnderTest stack(place, spec, Manager::listens);
  CHECK(has(stack.manager().next_with("READY=1"), "STATUS=failed: "));
  CHECK(stack.ends_well());
}

TEST_CASE("notices - a stack that fails and ends was never ready and says why") {
  const Place place;
  auto a = Place::service("a", {});
  a.program.command = {"/nonexistent/program"};
  auto spec = place.stack({a});
  StackUnderTest stack(place, spec, Manager::listens);
  std::string all;
  for (std::string said; !has(all, "STOPPING=1") && said != "nothing"; all += said + "\n")
    said = stack.manager().next();
  CHECK_FALSE(has(all, "READY=1"));
  CHECK(has(all, "/nonexistent/program"));
  CHECK(stack.exit_code() == 1);
}

TEST_CASE("notices - a reload is told when it begins and when it is over") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}), Manager::listens);
  REQUIRE(stack.manager().next_with("STATUS=working") != "nothing");
  REQUIRE(::kill(stack.anchor(), SIGHUP) == 0);
  CHECK(stack.manager().next() == "RELOADING=1");
  CHECK(stack.manager().next() == "READY=1\nSTATUS=working: 1 of 1 services");
  CHECK(stack.ends_well());
}
