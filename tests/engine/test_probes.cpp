#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"

#include <algorithm>
#include <fstream>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

model::Probe exec_probe(std::vector<std::string> words) {
  model::Probe probe;
  probe.kind = model::ProbeKind::exec;
  probe.exec = Place::program(std::move(words));
  probe.every = 10ms;
  probe.timeout = 20s;
  return probe;
}

model::ServiceSpec probed(std::vector<std::string> words) {
  auto service = Place::service("a", {"run"});
  service.ready = exec_probe(std::move(words));
  return service;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

} // namespace

TEST_CASE("probes - one that does not answer is killed and answers once") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.live = model::LiveProbe{.probe = exec_probe({"run"}), .then = model::LiveAction::restart};
  a.live->probe.timeout = 50ms;
  a.live->probe.failures = 2;
  a.restart.budget = 0;
  a.critical = false;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 stopping>failed"));
  CHECK(count(stack.told(), "no answer within 0.05 s") >= 1);
  CHECK(comes_true([&] { return linux_os::pids_below(place.cgroup() + "/stack/a").empty(); }));
  CHECK(stack.ends_well());
}

TEST_CASE("probes - one that does not even die is unknown until it does") {
  const Place place;
  auto a = probed({"run"});
  a.ready.timeout = 50ms;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a says no answer within 0.05 s"));
  // No exit is heard of while the anchor stands still.
  REQUIRE(::kill(stack.anchor(), SIGSTOP) == 0);
  CHECK(stack.tells("a says the last one has not ended yet"));
  REQUIRE(::kill(stack.anchor(), SIGCONT) == 0);
  CHECK(stack.ends_well());
}

TEST_CASE("probes - a megabyte of words does not stop one") {
  const Place place;
  StackUnderTest stack(place, place.stack({probed({"chatty"})}));
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("probes - one that writes faster than it is read waits for room") {
  const Place place;
  StackUnderTest stack(place, place.stack({probed({"blocking"})}));
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("probes - what one says is made fit for JSON and terminals") {
  const Place place;
  StackUnderTest stack(place, place.stack({probed({"binary"})}));
  CHECK(stack.tells("a says caf? [31m?\n"));
  CHECK(stack.ends_well());
}

TEST_CASE("probes - one that leaves children behind is over when it has ended") {
  const Place place;
  auto a = probed({"leave"});
  a.ready.exit = {1};
  StackUnderTest stack(place, place.stack({a}));
  CHECK(stack.tells("a 1 starting>ready"));
  stack.ask("stop a");
  CHECK(stack.tells("a 1 stopping>down"));
  CHECK(comes_true([&] { return linux_os::pids_below(place.cgroup() + "/stack/a/probe").empty(); }));
  CHECK(stack.ends_well());
}

TEST_CASE("probes - one that could not be started since another launch hangs is no failure") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.live = model::LiveProbe{.probe = exec_probe({"exit", "0"}), .then = model::LiveAction::restart};
  a.live->probe.timeout = 50ms;
  a.live->probe.failures = 1;
  auto b = Place::service("b", {"run"});
  b.enabled = false;
  StackUnderTest stack(place, place.stack({a, b}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  // What is cloned into a frozen cgroup stands still before it can exec, and with it the launcher.
  const std::string freezer = place.cgroup() + "/stack/b/cgroup.freeze";
  std::ofstream(freezer) << 1 << std::flush;
  stack.ask("start b");
  REQUIRE(comes_true([&] { return !stack.pids("b", 1).empty(); }));
  // Ten probes would have failed.
  ::poll(nullptr, 0, 500);
  std::ofstream(freezer) << 0 << std::flush;
  CHECK(stack.tells("b 1 starting>ready"));
  CHECK(stack.stays_ready("a"));
  CHECK(stack.ends_well());
}
