#include "engine/event_log.h"

#include "support/catch.h"

#include <memory>

using namespace holdfast;
using namespace holdfast::engine;

TEST_CASE("event log: numbers without gaps, and only the last are kept") {
  EventLog log;
  for (int i = 0; i < 5000; ++i)
    log.add({});
  CHECK(log.records().size() == 4096);
  CHECK(log.records().front().sequence == 5000 - 4096 + 1);
  CHECK(log.records().back().sequence == 5000);
}

TEST_CASE("event log: what reports becomes a record, what acts does not") {
  auto spec = std::make_shared<model::StackSpec>();
  spec->services.resize(1);
  spec->services[0].name = "a";
  const model::Stack stack(spec, Now{});
  const WallTime time{std::chrono::seconds(7)};
  model::ReportPhase phase;
  phase.run = {3};
  phase.from = model::PhaseName::starting;
  phase.to = model::PhaseName::ready;
  phase.took = std::chrono::seconds(2);
  const auto of_phase = record_of(stack, phase, time);
  REQUIRE(of_phase);
  CHECK(of_phase->service == "a");
  CHECK(of_phase->run == 3);
  CHECK(of_phase->from == "starting");
  CHECK(of_phase->to == "ready");
  CHECK(of_phase->took == std::chrono::seconds(2));
  CHECK(of_phase->time == time);
  const auto of_verdict =
      record_of(stack, model::ReportVerdict{model::Verdict::starting, model::Verdict::working}, time);
  REQUIRE(of_verdict);
  CHECK(of_verdict->service.empty());
  CHECK(of_verdict->to == "working");
  model::ReportTrouble trouble;
  trouble.why.cause = model::Cause::survives_kill;
  const auto of_trouble = record_of(stack, trouble, time);
  REQUIRE(of_trouble);
  CHECK(of_trouble->from == of_trouble->to);
  CHECK_FALSE(of_trouble->why.empty());
  CHECK_FALSE(record_of(stack, model::KillGroup{}, time));
  CHECK_FALSE(record_of(stack, model::End{}, time));
}
