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
#include <sys/types.h>

namespace holdfast::anchor {

/// What came of a trial.
enum class Trial {
  none, ///< there is none, or it goes on
  passed,
  failed,
  called_off,
};

class Upgrade {
public:
  Upgrade(wire::LastStopTable& table, AnchorProgram program, const Patience& patience)
      : table_(table), program_(std::move(program)), patience_(patience) {}

  /// Tries the build that is held; its words go to `output`. Returns 0 or errno: EBUSY while another upgrade
  /// is under way or not settled, EBADF where no build is held.
  [[nodiscard]] int begin(Held& held, int output, MonoTime now);
  /// What is held there is not for an engine to change: what is tried is what is executed then, and the way
  /// back stays open.
  [[nodiscard]] bool guards(std::int32_t slot) const;
  [[nodiscard]] bool is_trial(pid_t pid) const { return trial_ != 0 && pid == trial_; }
  /// Kills a trial that is overdue; reaps one that ended, says once what came of it, and in `end` how it did.
  /// One that failed is refused.
  [[nodiscard]] Trial judge(Held& held, MonoTime now, siginfo_t& end);
  /// The trial was passed, and the engine has to go: change_over() comes next.
  [[nodiscard]] bool is_passed() const { return passed_; }
  /// Nothing is changed, and what was held for it is dropped.
  void refuse(Held& held);
  /// The same for a trial that may be under way, which is killed.
  void call_off(Held& held);

  /// Precondition: there is no engine. Executes the next build; returns only where that failed: errno, and it
  /// is refused.
  [[nodiscard]] int change_over(Held& held, MonoTime now);

  /// No engine of this build has adopted yet, and the former one could return: not what the table says, which
  /// any engine could have written, but what is held.
  [[nodiscard]] static bool is_taking_over(const Held& held) { return held.has(wire::former_anchor_slot); }
  [[nodiscard]] bool is_overdue(const Held& held, MonoTime now) const;
  /// The engine is killed for that; there is nothing more to look at until it is gone.
  void give_up() { given_up_ = true; }
  /// Lets go of the former build when an engine of this one has adopted.
  void settle(Held& held);
  /// Precondition: there is no engine. Executes the former build; returns only where that failed: errno, and
  /// its engine is to be started all the same.
  [[nodiscard]] int go_back(Held& held);

  /// When something is to be looked at.
  [[nodiscard]] MonoTime next_look(const Held& held) const;

private:
  [[nodiscard]] MonoTime take_over_until() const;
  [[nodiscard]] bool is_under_way() const { return passed_ || (trial_ != 0 && !called_off_); }
  void kill_trial() const;
  void drop_next(Held& held);
  /// Whether all that it needs is held.
  [[nodiscard]] bool keep_this_build(Held& held);
  void drop_former(Held& held);
  void return_to_former(Held& held);

  wire::LastStopTable& table_;
  AnchorProgram program_;
  Patience patience_;
  pid_t trial_ = 0; ///< 0: there is none
  bool called_off_ = false;
  bool passed_ = false;
  bool given_up_ = false;
  MonoTime trial_until_ = never;
};

} // namespace holdfast::anchor
