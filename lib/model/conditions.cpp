#include "model/turn.h"

namespace holdfast::model {
namespace {

/// After so long it is no passing load any more: probes count again.
constexpr Duration longest_distrust = 5min;

/// Until what was asked before the suspension is answered or timed out.
constexpr Duration after_waking = 10s;

Why unmet(ConditionId id, const ConditionFact& fact) {
  Why why = because(Cause::condition, fact.what);
  why.condition = id;
  return why;
}

} // namespace

void Turn::take(const ConditionSeen& seen) {
  ConditionFact& fact = stack_.state_.conditions[seen.condition.index];
  fact.state = seen.met ? ConditionState::met : ConditionState::unmet;
  fact.what = seen.met ? std::string() : seen.what;
  for (const ServiceId user : stack_.edges_.users[seen.condition.index])
    touch(user);
}

std::optional<Turn::Blocker> Turn::blocked_by_condition(ServiceId id) {
  for (const ConditionId condition : spec(id).conditions) {
    const ConditionFact& fact = stack_.condition(condition);
    if (fact.state == ConditionState::met) continue;
    return Blocker{.why = unmet(condition, fact), .held = fact.state == ConditionState::unmet};
  }
  return std::nullopt;
}

std::optional<Turn::Blocker> Turn::lost_volume(ServiceId id) {
  for (const ConditionId condition : spec(id).conditions) {
    const ConditionFact& fact = stack_.condition(condition);
    const bool is_volume = stack_.spec().conditions[condition.index].kind == ConditionKind::volume;
    if (is_volume && fact.state == ConditionState::unmet) return Blocker{.why = unmet(condition, fact)};
  }
  return std::nullopt;
}

void Turn::take(const PressureSeen& seen) {
  auto& since = stack_.state_.pressure_since;
  if (!seen.high)
    since.reset();
  else if (!since)
    since = now_.mono;
}

void Turn::take(const MachineWoke&) {
  stack_.state_.woke = now_.mono;
}

bool Turn::distrusts_probes() const {
  const StackState& state = stack_.state_;
  const bool pressed = state.pressure_since && now_.mono < later(*state.pressure_since, longest_distrust);
  return pressed || (state.woke && now_.mono < later(*state.woke, after_waking));
}

} // namespace holdfast::model
