#pragma once

#include "accounts.h"
#include "findings.h"
#include "restart_rules.h"

#include <vector>

namespace holdfast::sim {

/// What a failed critical service, and a door that stays closed, may cost: the stack is restarted within its
/// budget, and given up for a reason, when that is due and not sooner.
class EscalationRules {
public:
  enum class Rung : std::uint8_t { none, stack_restart, hopeless, budget_spent, start_bound, recover_bound };

  void open(const model::Stack& stack);
  /// Before the other rules: what this step did to the stack as a whole.
  /// `quiet`: nobody's phase or goal changed.
  void note(const Step& step, bool quiet);
  void check(const Step& step, Findings& findings);
  [[nodiscard]] bool restarted() const { return rung_ == Rung::stack_restart; }
  [[nodiscard]] bool given_up() const { return rung_ > Rung::stack_restart; }
  [[nodiscard]] Rung rung() const { return rung_; }

private:
  void note_trouble(const Step& step);
  void note_held(const Step& step);
  void check_restart(const Step& step, Findings& findings);
  void check_given_up(const Step& step, Findings& findings) const;
  void check_bound(const Step& step, Findings& findings) const;

  Rung rung_ = Rung::none;
  std::vector<MonoTime> restarts_;
  unsigned counted_ = 0;
  bool was_given_up_ = false;
  bool was_shutting_down_ = false;
  /// Since when critical services that nobody excuses have been missing without a break or a new start; the
  /// time during which a start was held is `held_` of it.
  MonoTime troubled_ = never;
  MonoTime troubled_before_ = never; ///< as of the step before
  Duration held_{};
  MonoTime held_since_ = never;
  bool bounds_changed_ = false;
  bool fresh_ = true;
};

} // namespace holdfast::sim
