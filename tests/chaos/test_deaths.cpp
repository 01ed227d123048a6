// Deaths of other kinds than a kill in the middle of work: hung, never adopted, the anchor's, and both at
// once.

#include "chaos/judged_stack.h"
#include "chaos/process_facts.h"
#include "chaos/run_record.h"
#include "chaos/settings.h"
#include "chaos/tracer.h"
#include "stack/nothing_left.h"
#include "support/binaries.h"
#include "support/catch.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

using namespace holdfast::test;

namespace {

/// A stack whose engines ask a tracer first.
struct TracedStack {
  TracedStack()
      : judged(HOLDFAST_CHAOS_TRACED_ENGINE, [this](const ChaosPlace& place) {
          const std::string socket = place.directory() / "tracer";
          ::setenv("HOLDFAST_CHAOS_TRACER", socket.c_str(), 1);
          ::setenv("HOLDFAST_CHAOS_ENGINE", (binaries() + "/holdfast-engine").c_str(), 1);
          tracer.emplace(socket);
        }) {}

  std::optional<Tracer> tracer;
  JudgedStack judged;
};

/// Early enough that nothing is adopted yet.
constexpr Cut at_once{.call = 40};

std::vector<BusyServices::Log> all_services(const ChaosPlace& place) {
  return BusyServices(place, 0).logs();
}

} // namespace

TEST_CASE("an engine that hangs is replaced: nobody notices", "[deaths]") {
  JudgedStack judged;
  const std::uint32_t number = judged.watch().wait_adopted();
  REQUIRE(judged.watch().send(SIGSTOP));
  // Asked while it hangs, answered by the next one.
  CHECK(entry_of(judged.stack().status(60s), "stamped").phase == "ready");
  CHECK(judged.watch().wait_adopted(number + 1, 60s) == number + 1);
  CHECK(judged.watch().life().lost_status.load() == SIGKILL);
  judged.do_each();
  judged.judge();
  CHECK(judged.end() == "");
}

TEST_CASE("an engine that stands still for less than its patience goes on", "[deaths]") {
  JudgedStack judged;
  const std::uint32_t number = judged.watch().wait_adopted();
  REQUIRE(judged.watch().send(SIGSTOP));
  const pid_t engine = judged.watch().engine();
  REQUIRE(comes_true(5s, [&] { return stat_field(engine, 3) == "T"; }));
  REQUIRE(judged.watch().send(SIGCONT));
  judged.do_each();
  judged.judge();
  CHECK(judged.watch().number() == number);
  CHECK(judged.end() == "");
}

TEST_CASE("two engines that are never adopted: the third takes the living for what they are", "[deaths]") {
  TracedStack traced;
  const EngineWatch& watch = traced.judged.watch();
  const std::uint32_t number = watch.wait_adopted();
  traced.tracer->cut_next(at_once, 2);
  REQUIRE(watch.send(SIGKILL));
  CHECK(watch.wait_adopted(number + 3, 30s) == number + 3);
  traced.judged.judge();
  // And the next one trusts again what this one wrote.
  REQUIRE(watch.send(SIGKILL));
  CHECK(watch.wait_adopted(number + 4, 30s) == number + 4);
  CHECK(watch.life().distrusts_state.load() == 0);
  traced.judged.judge();
  CHECK(traced.judged.end() == "");
}

TEST_CASE("five engines in a row that are never adopted: the stack is stopped in order", "[deaths]") {
  TracedStack traced;
  JudgedStack& judged = traced.judged;
  const std::uint32_t number = judged.watch().wait_adopted();
  traced.tracer->cut_next(at_once, 5);
  REQUIRE(judged.watch().send(SIGKILL));
  CHECK(judged.stack().running().wait(60s) == 70);
  CHECK(judged.watch().number() == number + 5);
  CHECK(processes_of(judged.place().directory().name()).empty());
  CHECK_FALSE(std::filesystem::exists(judged.place().directory() / "run/door/open"));
  // Each was asked to end and did: nobody was killed.
  for (const auto& [service, timestamps] : all_services(judged.place()))
    for (const KnownRun& run : runs_of(judged.place().records(), service)) {
      INFO(service << " run " << run.run);
      CHECK(run.end != RunEnd::none);
    }
}

TEST_CASE("the anchor's death after many engines ends everything, and a fresh start is clean", "[deaths]") {
  const ChaosPlace place;
  BusyServices services(place, 2'000'000);
  services.configure();
  {
    ChaosStack stack(place);
    stack.wait_quiet();
    for (int i = 0; i < 5; ++i) {
      const std::uint32_t number = stack.watch().wait_adopted();
      REQUIRE(stack.watch().send(SIGKILL));
      stack.watch().wait_adopted(number + 1);
    }
    REQUIRE(::kill(stack.running().pid(), SIGKILL) == 0);
    CHECK(stack.running().wait(10s) == 128 + SIGKILL);
    CHECK(comes_to(0, place.directory().name(), "", 30s));
  }
  place.begin_anew();
  ChaosStack again(place);
  again.wait_quiet();
  Invariants invariants(again, services.mortal());
  invariants.look_when_quiet({});
  CHECK(again.running().stop() == 0);
  CHECK(left_of(place.directory()) == "");
}

TEST_CASE("anchor and engine killed together: the next start ends what is left and begins anew", "[deaths]") {
  const ChaosPlace place;
  BusyServices services(place, 2'000'000);
  services.configure();
  ChaosStack stack(place);
  stack.wait_quiet();
  const std::uint64_t start_of_family = start_time(*entry_of(stack.status(), "family").pid);
  // Neither may see the other die.
  const pid_t engine = stack.watch().engine();
  REQUIRE(stack.watch().send(SIGSTOP));
  REQUIRE(comes_true(5s, [&] { return stat_field(engine, 3) == "T"; }));
  REQUIRE(::kill(stack.running().pid(), SIGSTOP) == 0);
  REQUIRE(stack.watch().send(SIGKILL));
  REQUIRE(::kill(stack.running().pid(), SIGKILL) == 0);
  CHECK(stack.running().wait(10s) == 128 + SIGKILL);

  place.begin_anew();
  ChaosStack again(place);
  again.wait_quiet();
  CHECK(start_time(*entry_of(again.status(), "family").pid) != start_of_family);
  Invariants invariants(again, services.mortal());
  invariants.look_when_quiet({});
  CHECK(again.running().output().find("that an earlier daemon left") != std::string::npos);
  CHECK(again.running().stop() == 0);
  CHECK(left_of(place.directory()) == "");
}
