#include "spawn_rules.h"

#include "public_state.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

void SpawnRules::open(const Stack& stack) {
  met_.assign(stack.spec().conditions.size(), false);
  looked_.assign(stack.size(), false);
  measure_chains(stack);
}

void SpawnRules::measure_chains(const Stack& stack) {
  chains_.assign(stack.size(), 0);
  // Each round makes the chains right that are one longer than those of the round before.
  for (bool grew = true; grew;) {
    grew = false;
    for (std::uint32_t i = 0; i < stack.size(); ++i)
      for (const Need& need : stack.spec({i}).needs) {
        unsigned& below = chains_[need.on.index];
        grew = grew || below < chains_[i] + 1;
        below = std::max(below, chains_[i] + 1);
      }
  }
}

void SpawnRules::note_event(const Step& step) {
  if (std::holds_alternative<ConfigurationChanged>(step.event)) measure_chains(step.stack);
  met_.resize(step.stack.spec().conditions.size(), false);
  looked_.resize(step.stack.size(), false);
  if (const auto* seen = std::get_if<ConditionSeen>(&step.event)) met_[seen->condition.index] = seen->met;
  if (const auto* seen = std::get_if<RequirementsSeen>(&step.event))
    looked_[seen->service.index] = seen->missing.empty();
}

unsigned SpawnRules::starting(const Stack& stack) {
  unsigned count = 0;
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    if (name_of(stack.service({i}).phase) == PhaseName::starting && !is_external(stack, {i})) ++count;
  return count;
}

void SpawnRules::check(const Step& step, const Spawn& spawn, const Accounts& accounts, const Goals& goals,
                       Findings& findings) {
  const Stack& stack = step.stack;
  const ServiceId id = spawn.service;
  const ServiceSpec& spec = stack.spec(id);
  const Account& account = accounts[id];
  if (account.exists) findings.add(stack, id, "a second live run");
  if (spawn.run <= account.highest) findings.add(stack, id, "a run number used again");
  if (is_external(stack, id)) findings.add(stack, id, "spawned though it lives elsewhere");
  if (!goals.asks_for(id)) findings.add(stack, id, "spawned though nobody asks for it");
  if (spec.removed) findings.add(stack, id, "spawned though it was removed");
  for (const Need& need : spec.needs) {
    if (!need.soft && !answers(stack, need.on)) findings.add(stack, id, "spawned without a need");
    if (need.soft && is_on_its_way(stack, need.on)) findings.add(stack, id, "spawned before a soft need");
  }
  for (const ConditionId condition : spec.conditions)
    if (!met_[condition.index]) findings.add(stack, id, "spawned where a condition is not met");
  for (std::uint32_t i = 0; goals.is_added(id) && i < stack.size(); ++i)
    if (stack.spec({i}).removed && accounts[{i}].exists)
      findings.add(stack, id, "added and spawned before what was removed is gone");
  check_requirements(step, id, findings);
  check_turn(step, accounts, id, findings);
}

void SpawnRules::check_requirements(const Step& step, ServiceId id, Findings& findings) {
  if (is_looked_at(step.stack.spec(id).program) && !looked_[id.index])
    findings.add(step.stack, id, "spawned without a look at what it requires");
  looked_[id.index] = false;
}

void SpawnRules::check_turn(const Step& step, const Accounts& accounts, ServiceId id,
                            Findings& findings) const {
  const Stack& stack = step.stack;
  // What was found by a new engine, or was starting when the limit sank, may be more: then nothing is added.
  if (starting(stack) > stack.spec().start_at_once)
    findings.add(stack, id, "spawned though its turn had not come");
  for (std::uint32_t i = 0; i < stack.size(); ++i) {
    // Who came to wait for a turn in this very step may have come after it was given.
    const Service& other = stack.service({i});
    const bool waits = accounts[{i}].waits_for_turn && name_of(other.phase) == PhaseName::waiting &&
                       other.why.cause == Cause::turn;
    if (waits && chains_[i] > chains_[id.index])
      findings.add(stack, id, "spawned before one with a longer chain");
  }
}

} // namespace holdfast::sim
