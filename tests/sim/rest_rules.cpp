#include "rest_rules.h"

#include "public_state.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

void RestRules::check(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) const {
  const Stack& stack = step.stack;
  const PhaseName phase = name_of(stack.service(id).phase);
  check_run(step, id, accounts, findings);
  if (has_run(stack, id)) {
    check_leaving(step, id, accounts, findings);
    return;
  }
  if (stack.service(id).leaving) findings.add(stack, id, "leaves without a run");
  if (stack.service(id).wanted == (phase == PhaseName::down))
    // A failed one stays to be seen where the stack was given up.
    findings.add(stack, id, "goal and phase disagree");
  if (phase == PhaseName::waiting) {
    check_waiting(step, id, findings);
    check_why(step, id, findings);
  }
}

void RestRules::check_run(const Step& step, ServiceId id, const Accounts& accounts,
                          Findings& findings) const {
  const Stack& stack = step.stack;
  const Account& account = accounts[id];
  if (is_external(stack, id)) return;
  if (has_run(stack, id) != account.exists) findings.add(stack, id, "its run is not what was told of it");
  if (account.exists && has_run(stack, id) && run_of(stack.service(id).phase)->number != account.run)
    findings.add(stack, id, "another run than the one that was told of");
  if (!has_run(stack, id) && machine_.lives(id))
    findings.add(stack, id, "is over, and a process of it lives");
}

bool RestRules::must_leave(const Step& step, ServiceId id, const Account& account) const {
  const Stack& stack = step.stack;
  if (!stack.service(id).wanted) return true;
  const auto& needs = stack.spec(id).needs;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const Service& other = stack.service(needs[i].on);
    const bool failed = name_of(other.phase) == PhaseName::failed;
    if (!needs[i].soft && (failed || !other.wanted || other.leaving)) return true;
    const bool known = !account.ladder_changed && i < account.needs.size();
    if (needs[i].restart && known && name_of(other.phase) == PhaseName::ready &&
        other.last_run != account.needs[i])
      return true;
  }
  for (const ConditionId condition : stack.spec(id).conditions)
    if (stack.spec().conditions[condition.index].kind == ConditionKind::volume &&
        stack.condition(condition).state == ConditionState::unmet)
      return true;
  return false;
}

void RestRules::check_leaving(const Step& step, ServiceId id, const Accounts& accounts,
                              Findings& findings) const {
  if (!step.stack.service(id).leaving && must_leave(step, id, accounts[id]))
    findings.add(step.stack, id, "stays though it must leave");
}

bool RestRules::is_blocked(const Step& step, ServiceId id) const {
  const Stack& stack = step.stack;
  for (const Need& need : stack.spec(id).needs)
    if (need.soft ? is_on_its_way(stack, need.on) : !answers(stack, need.on)) return true;
  const auto& conditions = stack.spec(id).conditions;
  if (std::any_of(conditions.begin(), conditions.end(), [&](ConditionId c) { return !spawns_.is_met(c); }))
    return true;
  for (std::uint32_t i = 0; stack.service(id).added && i < stack.size(); ++i)
    if (stack.spec({i}).removed && has_run(stack, {i})) return true;
  return false;
}

void RestRules::check_waiting(const Step& step, ServiceId id, Findings& findings) const {
  const Stack& stack = step.stack;
  const auto& waiting = std::get<Waiting>(stack.service(id).phase);
  if (is_blocked(step, id) || waiting.look == Look::asked) return;
  if (waiting.look_again != never) {
    if (waiting.look_again > step.now.mono + 5s) findings.add(stack, id, "looks again too late");
    return;
  }
  const bool no_turn = SpawnRules::starting(stack) >= stack.spec().start_at_once;
  if (!no_turn || is_external(stack, id)) findings.add(stack, id, "waits though nothing is in its way");
}

void RestRules::check_why(const Step& step, ServiceId id, Findings& findings) const {
  const Stack& stack = step.stack;
  const Why& why = stack.service(id).why;
  // While it is looked at it says why it is to start at all.
  if (std::get<Waiting>(stack.service(id).phase).look == Look::asked) return;
  bool true_word = true;
  if (why.cause == Cause::need || why.cause == Cause::need_stopped || why.cause == Cause::need_failed)
    true_word = !answers(stack, why.other);
  if (why.cause == Cause::need_failed)
    true_word = name_of(stack.service(why.other).phase) == PhaseName::failed;
  if (why.cause == Cause::need_stopped) true_word = !stack.service(why.other).wanted;
  if (why.cause == Cause::soft_need) true_word = is_on_its_way(stack, why.other);
  if (why.cause == Cause::condition) true_word = !spawns_.is_met(why.condition);
  if (why.cause == Cause::removal) true_word = has_run(stack, why.other);
  if (why.cause == Cause::turn) true_word = SpawnRules::starting(stack) >= stack.spec().start_at_once;
  if (!true_word) findings.add(stack, id, "says that it waits for what is not in its way");
}

void RestRules::check_deadlines(const Step& step, Findings& findings) {
  const bool due =
      std::holds_alternative<DeadlinePassed>(step.event) && step.stack.next_deadline() <= step.now.mono;
  // One that was late twice over may be due again at once, but not for ever.
  still_due_ = due ? still_due_ + 1 : 0;
  if (still_due_ > 3) findings.add("a deadline that has passed is still to come");
}

} // namespace holdfast::sim
