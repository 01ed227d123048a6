#pragma once
// All that is known of a stack beside its spec: what an engine saves, and another goes on from. Whatever can
// be computed from it and the spec is not in it.

#include "base/ids.h"
#include "base/time.h"
#include "model/phase.h"
#include "model/why.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::model {

struct Service {
  Phase phase;
  MonoTime since{};        ///< of the phase
  WallTime since_wall{};   ///< for people
  Why why;                 ///< what the phase is about: what it waits for, why it failed, what it runs into
  std::string status_text; ///< the last STATUS= of the present run, or what its observed ready probe said

  bool wanted = false;
  Why goal;                   ///< who asked for it to be wanted, unwanted or restarted
  bool restart_asked = false; ///< until the present run is over
  bool leaving = false;       ///< see above; only while a run exists
  bool starts_fresh = false;  ///< by command: at once when no run is in the way, without delay or charge
  bool excused = false;       ///< not up because an operator stopped it or what it needs
  bool remembered = false;    ///< a task to be run once: its present program ended well
  bool added = false;         ///< by a reload: starts when what that removed is gone; until its first start

  RunNumber last_run;
  unsigned unsettled = 0;       ///< consecutive charged runs that were not settled
  std::deque<MonoTime> charges; ///< charged restarts inside the budget's window
  unsigned restarts = 0;        ///< charged ones since the daemon's start
  std::optional<ExitStatus> last_exit;
};

enum class ConditionState : std::uint8_t { unknown, met, unmet };

struct ConditionFact {
  ConditionState state = ConditionState::unknown;
  std::string what; ///< what is not as it is meant to be
};

/// The state of the stack that is not one service's.
struct StackState {
  bool up = false;       ///< the stack as a whole is to run
  bool shutdown = false; ///< the daemon is to end when it is down
  bool ended = false;    ///< it was told to
  bool fresh = true;     ///< not yet working since the start
  bool given_up = false; ///< nothing mends it any more: until a command
  Why given_up_why;
  int end_code = 0; ///< of the daemon

  MonoTime stop_deadline = never;     ///< when what is left of a stopping stack is killed
  MonoTime end_deadline = never;      ///< when the daemon ends, whatever survives its kill
  MonoTime bound = never;             ///< when it is given up unless its door is open
  std::optional<Duration> bound_left; ///< what is left of that while a service makes progress
  std::deque<MonoTime> charges;       ///< its restarts inside the stack budget's window
  unsigned restarts = 0;              ///< since the daemon's start

  bool door_held = false; ///< closed by command, whatever the verdict
  std::string door_by;    ///< who closed it
  bool door_is_open = false;

  std::vector<ConditionFact> conditions; ///< in the spec's order
  std::optional<MonoTime> pressure_since;
  std::optional<MonoTime> woke; ///< from the last suspension

  Verdict verdict = Verdict::stopped;
  WallTime verdict_since{};
};

/// All that a Stack is but its spec: what outlives an engine.
struct StackImage {
  std::vector<Service> services; ///< in the spec's order
  StackState state;
};

/// It answers, or is done; one that leaves is counted out at once, so that the door closes before anything of
/// it is signalled and nothing is started on it.
[[nodiscard]] bool is_up(const Service& service);

} // namespace holdfast::model
