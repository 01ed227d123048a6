#include "books.h"

#include "public_state.h"
#include "support/overloaded.h"

namespace holdfast::sim {

using namespace model;

namespace {

/// Each so many steps everything is checked, whatever the step was about.
constexpr std::uint64_t whole_check = 16;

} // namespace

Books::Books(const Stack& stack, const Machine& machine, Coverage& coverage)
    : rest_(spawns_, machine), coverage_(coverage) {
  begin_anew(stack);
}

void Books::begin_anew(const Stack& stack) {
  accounts_.open(stack);
  goals_.forget(stack);
  spawns_.open(stack);
  stops_.open();
  restarts_.open(stack);
  readiness_.open(stack);
  door_.open();
  escalation_.open(stack);
}

void Books::check(const Step& step) {
  accounts_.note_event(step);
  goals_.note_event(step);
  spawns_.note_event(step);
  stops_.note_event(step);
  readiness_.note_event(step, accounts_);
  door_.note_event(step);
  const bool quiet = is_quiet(step);
  escalation_.note(step, quiet);
  if (escalation_.given_up() && step.stack.shutting_down()) {
    goals_.note_given_up();
    stops_.note_given_up(step);
  }
  restarts_.note_stack_restart(escalation_.restarted());
  check_actions(step);
  if (quiet) return check_touched(step);
  check_all(step);
  note_rungs(step);
  accounts_.close(step);
}

bool Books::is_quiet(const Step& step) {
  touched_.clear();
  if (++steps_ % whole_check == 0) return false;
  if (const auto* answer = std::get_if<ProbeAnswered>(&step.event))
    touched_.push_back(answer->service);
  else if (const auto* seen = std::get_if<RequirementsSeen>(&step.event))
    touched_.push_back(seen->service);
  else if (!std::holds_alternative<DeadlinePassed>(step.event))
    return false;
  for (const Action& action : step.actions) {
    const auto* question = std::get_if<AskProbe>(&action);
    if (question == nullptr) return false;
    touched_.push_back(question->service);
  }
  return true;
}

void Books::check_touched(const Step& step) {
  for (const ServiceId id : touched_) {
    check_service(step, id);
    accounts_.close(step, id);
  }
  rest_.check_deadlines(step, findings_);
  door_.check_still(step, findings_);
  escalation_.check(step, findings_);
}

void Books::check_service(const Step& step, ServiceId id) {
  restarts_.check(step, id, accounts_, findings_);
  readiness_.check(step, id, accounts_, findings_);
  rest_.check(step, id, accounts_, findings_);
  stops_.check_progress(step, id, accounts_, findings_);
}

void Books::check_actions(const Step& step) {
  for (const Action& action : step.actions)
    std::visit(Overloaded{
                   [&](const Spawn& spawn) { check_spawn(step, spawn); },
                   [&](const Signal& signal) {
                     stops_.check(step, signal, accounts_, findings_);
                     accounts_.note_rung(signal.service, step.now.mono);
                   },
                   [&](const RunStopProgram& program) {
                     stops_.check(step, program, accounts_, findings_);
                     accounts_.note_rung(program.service, step.now.mono);
                   },
                   [&](const KillGroup& kill) {
                     stops_.check(step, kill, accounts_, findings_);
                     accounts_.note_kill(kill.service, step.now.mono);
                     coverage_.note(Rung::killed);
                   },
                   [&](const AskProbe& question) { readiness_.check(step, question, accounts_, findings_); },
                   [&](const ReportPhase& report) { check_report(step, report); },
                   [](const auto&) {},
               },
               action);
}

void Books::check_spawn(const Step& step, const Spawn& spawn) {
  spawns_.check(step, spawn, accounts_, goals_, findings_);
  accounts_.note_spawn(step, spawn);
  goals_.note_spawn(spawn.service);
}

void Books::check_report(const Step& step, const ReportPhase& report) {
  coverage_.note(report.from, report.to);
  if (!Coverage::is_legal(report.from, report.to))
    findings_.add(step.stack, report.service, "a transition that the table has not");
  if (report.from != accounts_[report.service].phase ||
      report.to != name_of(step.stack.service(report.service).phase))
    findings_.add(step.stack, report.service, "another change is reported than the one that was");
}

void Books::check_all(const Step& step) {
  for (std::uint32_t i = 0; i < step.stack.size(); ++i)
    check_service(step, {i});
  rest_.check_deadlines(step, findings_);
  goals_.check(step, findings_);
  door_.check(step, accounts_, stops_.stack_bound(), findings_);
  escalation_.check(step, findings_);
}

void Books::note_rungs(const Step& step) {
  const bool stops = step.stack.spec().when_broken == WhenBroken::stop;
  switch (escalation_.rung()) {
  case EscalationRules::Rung::none: break;
  case EscalationRules::Rung::stack_restart: coverage_.note(Rung::stack_restart); return;
  case EscalationRules::Rung::hopeless: coverage_.note(Rung::given_up_hopeless); break;
  case EscalationRules::Rung::budget_spent: coverage_.note(Rung::given_up_budget); break;
  case EscalationRules::Rung::start_bound: coverage_.note(Rung::start_bound); break;
  case EscalationRules::Rung::recover_bound: coverage_.note(Rung::recover_bound); break;
  }
  if (escalation_.given_up()) coverage_.note(stops ? Rung::given_up_stop : Rung::given_up_hold);
  for (const Action& action : step.actions) {
    const auto* report = std::get_if<ReportPhase>(&action);
    if (report != nullptr && report->to == PhaseName::backoff) coverage_.note(Rung::charged_restart);
    if (report != nullptr && report->to == PhaseName::failed && report->why.spent > 0)
      coverage_.note(Rung::budget_spent);
    if (std::holds_alternative<ReportTrouble>(action) &&
        std::get<ReportTrouble>(action).why.cause == Cause::survives_kill)
      coverage_.note(Rung::outlived_its_kill);
  }
}

} // namespace holdfast::sim
