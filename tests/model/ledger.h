#pragma once
// An independent book of what was asked of the machine and what it said. After each step it is compared with
// the model's state: DESIGN's invariants, as far as one stack's life can show them.

#include "model/stack.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::model::test {

class Ledger {
public:
  /// To be called before the step that takes the event.
  void note(const Stack& before, const Event& event, const Now& now);
  /// To be called after it. What is wrong, in words; empty: nothing.
  [[nodiscard]] std::string check(const Stack& after, const Actions& actions, const Now& now);

  /// Whether the machine still holds something of this run.
  [[nodiscard]] bool lives(ServiceId service, RunNumber run) const;

private:
  /// What the machine holds of a run until it is over.
  struct Life {
    RunNumber run;
    bool launched = false;
    bool exited = false;
    bool emptied = false;
    std::optional<MonoTime> stop_began; ///< a rung was climbed, or it left while its launch was under way
    std::optional<MonoTime> exit_seen;
  };
  using Lives = std::map<ServiceId, Life>;

  void note_launch(ServiceId service, RunNumber run, bool succeeded, MonoTime now);
  void note_found(const std::vector<FoundRun>& found);
  void note_end(ServiceId service, RunNumber run, bool exited, bool emptied, MonoTime now);
  void check_actions(const Stack& stack, const Actions& actions, MonoTime now);
  void check_spawn(const Stack& stack, const Spawn& spawn);
  void check_signal(const Stack& stack, ServiceId service, RunNumber run, MonoTime now);
  void check_kill(const Stack& stack, const KillGroup& kill, MonoTime now);
  void check_phases(const Stack& stack, MonoTime now);
  void check_deadlines(const Stack& stack, MonoTime now);
  void check_counters(const Stack& stack);
  void complain(const Stack& stack, ServiceId service, const std::string& what);

  Lives lives_;
  std::map<ServiceId, RunNumber> last_;
  std::optional<MonoTime> stack_bound_; ///< when what is left of a stopping stack may be killed
  bool caught_up_ = true;               ///< nothing was due before the event, or the event is that it is
  std::string wrong_;
};

} // namespace holdfast::model::test
