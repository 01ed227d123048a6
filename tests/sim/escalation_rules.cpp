#include "escalation_rules.h"

#include "public_state.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

namespace {

bool is_troubled(const Stack& stack) {
  if (!stack.state().up || stack.state().given_up) return false;
  for (std::uint32_t i = 0; i < stack.size(); ++i) {
    const Service& service = stack.service({i});
    if (stack.spec({i}).critical && counts(stack, {i}) && service.wanted && !service.excused &&
        !answers(stack, {i}))
      return true;
  }
  return false;
}

bool is_held(const Stack& stack) {
  for (std::uint32_t i = 0; i < stack.size(); ++i) {
    const auto* starting = std::get_if<Starting>(&stack.service({i}).phase);
    const auto* unready = std::get_if<Unready>(&stack.service({i}).phase);
    if ((starting != nullptr && starting->held) || (unready != nullptr && unready->paused)) return true;
  }
  return false;
}

bool starts_anew(const Event& event) {
  if (const auto* asked = std::get_if<CommandAsked>(&event)) return asked->verb != Verb::stop;
  return std::holds_alternative<StackStarted>(event);
}

} // namespace

void EscalationRules::open(const Stack& stack) {
  *this = {};
  counted_ = stack.state().restarts;
  was_given_up_ = stack.state().given_up;
  was_shutting_down_ = stack.shutting_down();
}

void EscalationRules::note(const Step& step, bool quiet) {
  const StackState& state = step.stack.state();
  rung_ = Rung::none;
  troubled_before_ = troubled_;
  if (state.restarts != counted_) rung_ = Rung::stack_restart;
  // One that is held is given up anew where a command found nothing mended.
  const bool ends =
      state.shutdown && !was_shutting_down_ && !std::holds_alternative<ShutdownAsked>(step.event);
  if (state.given_up && (!was_given_up_ || ends)) {
    switch (state.given_up_why.cause) {
    case Cause::start_bound: rung_ = Rung::start_bound; break;
    case Cause::recover_bound: rung_ = Rung::recover_bound; break;
    default: rung_ = restarts_.empty() ? Rung::hopeless : Rung::budget_spent; break;
    }
  }
  bounds_changed_ = bounds_changed_ || std::holds_alternative<ConfigurationChanged>(step.event);
  if (!quiet) note_trouble(step);
  // Only an answer about progress, or a deadline, begins or ends a hold in a quiet step.
  note_held(step);
}

void EscalationRules::note_trouble(const Step& step) {
  const MonoTime now = step.now.mono;
  if (starts_anew(step.event)) troubled_ = never;
  if (!is_troubled(step.stack)) {
    troubled_ = never;
  } else if (troubled_ == never) {
    troubled_ = now;
    held_ = {};
    held_since_ = never;
    bounds_changed_ = std::holds_alternative<ConfigurationChanged>(step.event);
    fresh_ = step.stack.state().fresh;
  }
}

void EscalationRules::note_held(const Step& step) {
  const MonoTime now = step.now.mono;
  const bool held = is_held(step.stack);
  if (held && held_since_ == never) held_since_ = now;
  if (!held && held_since_ != never) {
    held_ += now - std::max(held_since_, std::min(troubled_, now));
    held_since_ = never;
  }
}

void EscalationRules::check(const Step& step, Findings& findings) {
  if (restarted()) check_restart(step, findings);
  if (given_up()) check_given_up(step, findings);
  check_bound(step, findings);
  counted_ = step.stack.state().restarts;
  was_given_up_ = step.stack.state().given_up;
  was_shutting_down_ = step.stack.shutting_down();
}

void EscalationRules::check_restart(const Step& step, Findings& findings) {
  const Budget& budget = step.stack.spec().stack_budget;
  if (step.stack.state().restarts != counted_ + 1) findings.add("the stack is restarted twice in a step");
  std::erase_if(restarts_, [&](MonoTime at) { return step.now.mono - at >= budget.window; });
  restarts_.push_back(step.now.mono);
  if (restarts_.size() > budget.count) findings.add("the stack is restarted beyond its budget");
}

void EscalationRules::check_given_up(const Step& step, Findings& findings) const {
  const MonoTime now = step.now.mono;
  if (rung_ == Rung::start_bound || rung_ == Rung::recover_bound) {
    const StackSpec& spec = step.stack.spec();
    const Duration bound = fresh_ ? spec.start_within : spec.recover_within;
    if (troubled_before_ == never) return findings.add("given up at a bound that nothing began");
    if (!bounds_changed_ && now - troubled_before_ < bound + held_) findings.add("given up before its bound");
    return;
  }
  bool failed = false;
  for (std::uint32_t i = 0; i < step.stack.size(); ++i)
    failed = failed || (name_of(step.stack.service({i}).phase) == PhaseName::failed &&
                        step.stack.spec({i}).critical && counts(step.stack, {i}));
  if (!failed) findings.add("given up though no critical service is failed");
}

void EscalationRules::check_bound(const Step& step, Findings& findings) const {
  const MonoTime now = step.now.mono;
  if (troubled_ == never || held_since_ != never || bounds_changed_) return;
  if (!std::holds_alternative<DeadlinePassed>(step.event)) return;
  const StackSpec& spec = step.stack.spec();
  const Duration bound = fresh_ ? spec.start_within : spec.recover_within;
  if (now - troubled_ > bound + held_) findings.add("not given up at its bound");
}

} // namespace holdfast::sim
