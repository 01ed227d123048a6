#pragma once

#include "accounts.h"
#include "findings.h"
#include "machine.h"
#include "spawn_rules.h"

namespace holdfast::sim {

/// What must be true of a service between any two steps: nothing that could be done is left undone, and what
/// is said is so.
class RestRules {
public:
  RestRules(const SpawnRules& spawns, const Machine& machine) : spawns_(spawns), machine_(machine) {}
  void check(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) const;
  void check_deadlines(const Step& step, Findings& findings);

private:
  void check_run(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) const;
  void check_leaving(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) const;
  void check_waiting(const Step& step, ServiceId id, Findings& findings) const;
  void check_why(const Step& step, ServiceId id, Findings& findings) const;
  [[nodiscard]] bool is_blocked(const Step& step, ServiceId id) const;
  [[nodiscard]] bool must_leave(const Step& step, ServiceId id, const Account& account) const;

  const SpawnRules& spawns_;
  const Machine& machine_;
  unsigned still_due_ = 0; ///< times in a row that something was due after all that is due was looked at
};

} // namespace holdfast::sim
