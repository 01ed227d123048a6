#pragma once

#include "accounts.h"
#include "findings.h"

#include <vector>

namespace holdfast::sim {

/// A dependency is signalled only when its dependents are down or out of time; rungs come in their order and
/// at their time; no kill sooner than the ladder allows; a stop ends within its bound.
class StopRules {
public:
  void open();
  void note_event(const Step& step);
  void note_given_up(const Step& step);
  void check(const Step& step, const model::Signal& signal, const Accounts& accounts, Findings& findings);
  void check(const Step& step, const model::RunStopProgram& program, const Accounts& accounts,
             Findings& findings);
  void check(const Step& step, const model::KillGroup& kill, const Accounts& accounts, Findings& findings);
  /// One that stops is not later than its ladder, and one that leaves is not left alone when it can be
  /// signalled.
  void check_progress(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) const;
  /// What is left of a stopping stack is killed from then on.
  [[nodiscard]] MonoTime stack_bound() const { return stack_bound_; }

private:
  void check_rung(const Step& step, ServiceId id, RunNumber run, const Accounts& accounts,
                  Findings& findings);
  void check_order(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) const;
  [[nodiscard]] static MonoTime latest_end(const Step& step, ServiceId id, const model::Stopping& stopping,
                                           const Account& account);
  /// All that needs it is down, or out of time as of then.
  [[nodiscard]] static bool may_be_signalled(const Step& step, ServiceId id, const Accounts& accounts,
                                             MonoTime as_of);

  MonoTime stack_bound_ = never;
  bool shutdown_ = false;
};

} // namespace holdfast::sim
