#pragma once
// All invariants of DESIGN.md, checked after each step by what was told and asked and by the model's public
// state. After each step: what it touched. At intervals and at the end of an episode: everything.

#include "accounts.h"
#include "coverage.h"
#include "door_rules.h"
#include "escalation_rules.h"
#include "findings.h"
#include "goals.h"
#include "machine.h"
#include "readiness_rules.h"
#include "rest_rules.h"
#include "restart_rules.h"
#include "spawn_rules.h"
#include "stop_rules.h"

#include <cstdint>
#include <vector>

namespace holdfast::sim {

class Books {
public:
  Books(const model::Stack& stack, const Machine& machine, Coverage& coverage);

  void check(const Step& step);
  /// The next engine begins without a state: `stack` is empty.
  void begin_anew(const model::Stack& stack);
  [[nodiscard]] const Findings& findings() const { return findings_; }
  [[nodiscard]] bool ended() const { return door_.ended(); }

private:
  void check_actions(const Step& step);
  void check_spawn(const Step& step, const model::Spawn& spawn);
  void check_report(const Step& step, const model::ReportPhase& report);
  void check_service(const Step& step, ServiceId id);
  void check_all(const Step& step);
  /// Nothing but questions and answers: only what they are about can be other than before.
  [[nodiscard]] bool is_quiet(const Step& step);
  void check_touched(const Step& step);
  void note_rungs(const Step& step);

  Accounts accounts_;
  Goals goals_;
  SpawnRules spawns_;
  StopRules stops_;
  RestartRules restarts_;
  ReadinessRules readiness_;
  DoorRules door_;
  EscalationRules escalation_;
  RestRules rest_;
  Coverage& coverage_;
  Findings findings_;
  std::vector<ServiceId> touched_; ///< in a quiet step
  std::uint64_t steps_ = 0;
};

} // namespace holdfast::sim
