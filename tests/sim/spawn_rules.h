#pragma once

#include "accounts.h"
#include "findings.h"
#include "goals.h"

#include <vector>

namespace holdfast::sim {

/// At most one live run, no number twice; nothing is spawned unless it is asked for, all that it needs is
/// ready, every condition is met, and a turn is free.
class SpawnRules {
public:
  void open(const model::Stack& stack);
  void note_event(const Step& step);
  void check(const Step& step, const model::Spawn& spawn, const Accounts& accounts, const Goals& goals,
             Findings& findings);
  [[nodiscard]] bool is_met(ConditionId condition) const { return met_[condition.index]; }
  /// How many have a turn.
  [[nodiscard]] static unsigned starting(const model::Stack& stack);

private:
  void measure_chains(const model::Stack& stack);
  void check_requirements(const Step& step, ServiceId service, Findings& findings);
  void check_turn(const Step& step, const Accounts& accounts, ServiceId service, Findings& findings) const;

  std::vector<bool> met_;        ///< as told, by condition
  std::vector<unsigned> chains_; ///< by service: the longest chain of those that need it
  std::vector<bool> looked_; ///< by service: its requirements were seen to be there since they were asked for
};

} // namespace holdfast::sim
