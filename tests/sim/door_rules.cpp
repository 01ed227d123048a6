#include "door_rules.h"

#include "public_state.h"

namespace holdfast::sim {

using namespace model;

namespace {

bool opens_door(Verdict verdict) {
  return verdict == Verdict::working || verdict == Verdict::degraded;
}

bool is_coming(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  switch (name_of(service.phase)) {
  case PhaseName::waiting: return !is_held(stack, id);
  case PhaseName::starting:
  case PhaseName::backoff: return true;
  case PhaseName::stopping:
    return service.wanted && std::get<Stopping>(service.phase).stage != StopStage::overdue;
  case PhaseName::ready:
  case PhaseName::unready: return service.wanted && service.leaving;
  case PhaseName::down:
  case PhaseName::failed:
  case PhaseName::done: return false;
  }
  return false;
}

bool starts_anew(const Event& event) {
  if (const auto* asked = std::get_if<CommandAsked>(&event))
    return asked->verb == Verb::restart && asked->services.empty();
  return false;
}

} // namespace

void DoorRules::open() {
  *this = {};
}

void DoorRules::note_event(const Step& step) {
  if (const auto* asked = std::get_if<DoorAsked>(&step.event)) held_ = !asked->open;
  const bool asks = std::holds_alternative<ShutdownAsked>(step.event) && !shutting_down_;
  asked_to_end_ = asked_to_end_ || asks;
  shutting_down_ = step.stack.shutting_down();
  told_again_ = std::holds_alternative<EngineReturned>(step.event);
  const bool was_down = verdict_ == Verdict::stopped || verdict_ == Verdict::stopping;
  fresh_ = fresh_ || starts_anew(step.event) || was_down;
}

Verdict DoorRules::verdict_of(const Step& step, const Accounts& accounts) const {
  const Stack& stack = step.stack;
  if (stack.state().given_up) return Verdict::failed;
  bool external_run = false;
  bool critical_missing = false;
  bool others_missing = false;
  bool coming = false;
  for (std::uint32_t i = 0; i < stack.size(); ++i) {
    const ServiceSpec& spec = stack.spec({i});
    coming = coming || is_coming(stack, {i});
    external_run = external_run || (is_external(stack, {i}) && has_run(stack, {i}));
    if (!counts(stack, {i}) || answers(stack, {i})) continue;
    const bool wanted = stack.service({i}).wanted;
    critical_missing = critical_missing || (spec.critical && (wanted || spec.enabled));
    others_missing = others_missing || (!spec.critical && wanted);
  }
  if (!stack.state().up) return accounts.any_run() || external_run ? Verdict::stopping : Verdict::stopped;
  if (!critical_missing) return others_missing ? Verdict::degraded : Verdict::working;
  return fresh_ && coming ? Verdict::starting : Verdict::broken;
}

void DoorRules::check(const Step& step, const Accounts& accounts, MonoTime stop_bound, Findings& findings) {
  const Verdict verdict = verdict_of(step, accounts);
  if (verdict != step.stack.verdict()) findings.add("the verdict is not what the phases say");
  verdict_ = verdict;
  check_moves(step, findings);
  if (is_open_ != (opens_door(verdict) && !held_)) findings.add("the door is not as the verdict says");
  if (is_open_ != step.stack.door_open()) findings.add("the door is not where its actions left it");
  if (opens_door(verdict)) fresh_ = false;
  check_end(step, accounts, stop_bound, findings);
}

void DoorRules::check_still(const Step& step, Findings& findings) const {
  if (step.stack.verdict() != verdict_) findings.add("the verdict changed, and nothing else did");
  if (step.stack.door_open() != is_open_) findings.add("the door was moved, and nobody told");
}

void DoorRules::check_moves(const Step& step, Findings& findings) {
  const Actions& actions = step.actions;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const bool closes = std::holds_alternative<CloseDoor>(actions[i]);
    const bool opens = std::holds_alternative<OpenDoor>(actions[i]);
    if (!closes && !opens) continue;
    if (closes && i != 0) findings.add("the door does not close first");
    if (opens && i + 1 != actions.size()) findings.add("the door does not open last");
    if (is_open_ == opens && !told_again_) findings.add("the door is moved to where it is");
    is_open_ = opens;
  }
}

void DoorRules::check_end(const Step& step, const Accounts& accounts, MonoTime stop_bound,
                          Findings& findings) {
  const bool was_ended = ended_;
  for (const Action& action : step.actions) {
    const auto* end = std::get_if<End>(&action);
    if (end == nullptr) continue;
    if (ended_ && !told_again_) findings.add("the daemon ends twice");
    const bool too_long = stop_bound != never && later(stop_bound, kill_grace) <= step.now.mono;
    if (accounts.any_run() && !too_long) findings.add("the daemon ends over what still runs");
    if (!step.stack.shutting_down()) findings.add("the daemon ends and nobody asked");
    const bool failed = !asked_to_end_ || accounts.any_run();
    if ((end->code != 0) != failed) findings.add("the daemon ends with the wrong code");
    ended_ = true;
  }
  for (const Action& action : step.actions)
    if (was_ended && std::holds_alternative<Spawn>(action)) findings.add("something starts after the end");
}

} // namespace holdfast::sim
