#pragma once
// A new build in place of this one, while all that the anchor holds goes on. It is tried first, in a child
// beside the engine that runs. Where it passes, that engine is killed, the anchor executes the new build in
// its own process, and that starts the new engine. Until one of those has adopted, what the former build
// needs stays held, and it can return in the same way.

#include "anchor/anchor_program.h"
#include "anchor/engine_life.h"
#include "anchor/held.h"
#include "base/time.h"
#include "wire/last_stop.h"

#include <csignal>
#include <optional>
#include <sys/types.h>

namespace holdfast::anchor {

class Upgrade {
public:
  Upgrade(wire::LastStopTable& table, AnchorProgram program, const Patience& patience)
      : table_(table), program_(std::move(program)), patience_(patience) {}

  /// Tries the build that is held; its words go to `output`. Returns 0 or errno: EBUSY while another upgrade
  /// is under way.
  [[nodiscard]] int begin(Held& held, int output, MonoTime now);
  [[nodiscard]] bool is_trial(pid_t pid) const { return trial_ != 0 && pid == trial_; }
  /// Kills a trial that is overdue. How it ended, once, if it did.
  [[nodiscard]] std::optional<siginfo_t> trials_end(MonoTime now);
  /// Whether that is how a trial ends that is passed; then the engine has to go, and change_over() comes
  /// next.
  [[nodiscard]] bool pass(const siginfo_t& end);
  [[nodiscard]] bool is_passed() const { return passed_; }
  /// Nothing is changed, and what was held for it is dropped.
  void refuse(Held& held);
  /// The same for a trial that may be under way.
  void call_off(Held& held);

  /// Precondition: there is no engine. Executes the next build; returns only where that failed: errno, and it
  /// is refused.
  [[nodiscard]] int change_over(Held& held, MonoTime now);

  /// No engine of this build has adopted yet, and the former one could return.
  [[nodiscard]] bool is_taking_over() const { return table_.life.upgrade == wire::Upgrade::taking_over; }
  [[nodiscard]] bool is_overdue(MonoTime now) const;
  /// Lets go of the former build when an engine of this one has adopted.
  void settle(Held& held);
  /// Precondition: there is no engine. Executes the former build; returns only where that failed: errno, and
  /// its engine is to be started all the same.
  [[nodiscard]] int go_back(Held& held);

  /// When something is to be looked at.
  [[nodiscard]] MonoTime next_look() const;

private:
  [[nodiscard]] MonoTime take_over_until() const;
  void drop_next(Held& held);
  void return_to_former(Held& held);

  wire::LastStopTable& table_;
  AnchorProgram program_;
  Patience patience_;
  pid_t trial_ = 0; ///< 0: there is none
  bool called_off_ = false;
  bool passed_ = false;
  MonoTime trial_until_ = never;
};

} // namespace holdfast::anchor
