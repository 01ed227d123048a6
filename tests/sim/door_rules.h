#pragma once

#include "accounts.h"
#include "findings.h"

namespace holdfast::sim {

/// The verdict is what the phases say; the door is open in working and degraded only and never while a
/// critical service is not up, closes first and opens last; the daemon ends once, when nothing is left or
/// nothing can be done about what is.
class DoorRules {
public:
  void open();
  void note_event(const Step& step);
  void check(const Step& step, const Accounts& accounts, MonoTime stop_bound, Findings& findings);
  /// The same where nothing that counts has changed.
  void check_still(const Step& step, Findings& findings) const;
  [[nodiscard]] bool ended() const { return ended_; }

private:
  void check_moves(const Step& step, Findings& findings);
  void check_end(const Step& step, const Accounts& accounts, MonoTime stop_bound, Findings& findings);
  [[nodiscard]] model::Verdict verdict_of(const Step& step, const Accounts& accounts) const;

  bool is_open_ = false;
  bool held_ = false;
  bool fresh_ = true;
  bool ended_ = false;
  bool told_again_ = false;
  bool shutting_down_ = false; ///< as of the step before
  bool asked_to_end_ = false;  ///< rather than given up
  model::Verdict verdict_ = model::Verdict::stopped;
};

} // namespace holdfast::sim
