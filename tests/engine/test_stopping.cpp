#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

TEST_CASE("stopping - who ignores its signal is killed when the ladder is over and not before") {
  const Place place;
  auto a = Place::service("a", {"ignore"});
  a.stop = {{.signal = SIGTERM, .to_all = false, .exec = {}, .wait = 200ms}};
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(comes_true([&] { return stack.log("a") == "ignoring\n"; }));
  const auto begun = std::chrono::steady_clock::now();
  stack.ask("stop a");
  REQUIRE(stack.tells("a 1 stopping>down"));
  CHECK(std::chrono::steady_clock::now() - begun >= 200ms);
  CHECK(stack.ends_well());
}

TEST_CASE("stopping - a rung to all reaches sessions of their own") {
  const Place place;
  auto a = Place::service("a", {"family", place / "told-by-family"});
  a.stop[0].to_all = true;
  a.leftovers = 20s;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(comes_true([&] { return stack.log("a") == "complete\n"; }));
  CHECK(stack.pids("a", 1).size() == 3);
  stack.ask("stop a");
  REQUIRE(stack.tells("a 1 stopping>down"));
  CHECK(read_file(place / "told-by-family", 100).value() == "SIGTERM\nSIGTERM\nSIGTERM\n");
  CHECK(stack.ends_well());
}

TEST_CASE("stopping - the program of a rung knows the main process") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.stop = {{.signal = 0, .to_all = false, .exec = Place::program({"stopper", place / "pid"}), .wait = 20s}};
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const int pid = stack.pids("a", 1).at(0);
  stack.ask("stop a");
  REQUIRE(stack.tells("a 1 stopping>down"));
  CHECK(read_file(place / "pid", 100).value() == std::to_string(pid));
  CHECK(stack.ends_well());
}

TEST_CASE("stopping - a restart that is asked for has a new run") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"run"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  stack.ask("restart a");
  REQUIRE(stack.tells("a 2 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("stopping - a probe and a stop program that hang do not hold the end") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.live = model::LiveProbe{};
  a.live->probe.kind = model::ProbeKind::exec;
  a.live->probe.exec = Place::program({"run"});
  a.live->probe.every = 1ms;
  a.live->probe.timeout = 60s;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(comes_true([&] { return !linux_os::pids_below(place.cgroup() + "/stack/a/probe").empty(); }));
  const auto begun = std::chrono::steady_clock::now();
  CHECK(stack.ends_well());
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}
