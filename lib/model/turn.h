#pragma once
// One step under way: the state it changes, the time it is, what it asks for. Internal to the model; the
// parts of a step are in the files named below.

#include "model/stack.h"

#include <optional>
#include <vector>

namespace holdfast::model {

class Turn {
public:
  Turn(Stack& stack, const Now& now, Actions& actions) : stack_(stack), now_(now), actions_(actions) {}

  // commands.cpp: what changes goals
  void take(const StackStarted&);
  void take(const CommandAsked&);
  void take(const ShutdownAsked&);
  // starting.cpp
  void take(const RequirementsSeen&);
  void take(const SpawnSucceeded&);
  void take(const SpawnFailed&);
  void take(const SpawnRefused&);
  // running.cpp
  void take(const ProcessExited&);
  void take(const LeafEmptied&);
  void take(const ServiceNotified&);
  // probes.cpp
  void take(const ProbeAnswered&);
  // step.cpp
  void take(const DeadlinePassed&);

  /// Compares goals and facts until nothing changes any more, gives turns, reports.
  void settle();

private:
  struct Change {
    ServiceId id;
    PhaseName from;
    MonoTime since;
  };
  struct Blocker {
    Why why;
    bool held = false;
  };

  [[nodiscard]] Service& at(ServiceId id) { return stack_.services_[id.index]; }
  [[nodiscard]] const ServiceSpec& spec(ServiceId id) const { return stack_.spec(id); }
  /// The service's run if its number is `run`; null for a late event.
  [[nodiscard]] Run* run_at(ServiceId id, RunNumber run);
  /// The same where the answer to its spawn is still to come.
  [[nodiscard]] Run* launching_run_at(ServiceId id, RunNumber run);

  /// Sorts the longest chain of dependents first.
  [[nodiscard]] std::pair<unsigned, ServiceId> turn_key(ServiceId id) const {
    return {~stack_.edges_.chain[id.index], id};
  }

  // turn.cpp: bookkeeping
  void touch(ServiceId id);
  void touch_neighbours(ServiceId id);
  /// Adds (or takes away) what the service counts for in the stack's counters.
  void count(ServiceId id, bool add);
  /// The only way to another phase.
  void enter(ServiceId id, Phase next, Why why);
  void enter_waiting(ServiceId id, Why origin);
  /// The only way to another goal.
  void want(ServiceId id, bool wanted, Why why);
  void reschedule(ServiceId id);
  void report();
  void due(ServiceId id);
  void stack_due();

  // review.cpp: goal against fact, for one service
  void review(ServiceId id);
  void review_waiting(ServiceId id);
  void review_run(ServiceId id);
  [[nodiscard]] std::optional<Blocker> blocked_by_need(ServiceId id);
  [[nodiscard]] std::optional<Blocker> blocked_by_soft_need(ServiceId id);
  [[nodiscard]] std::optional<Why> reason_to_leave(ServiceId id);
  [[nodiscard]] bool may_be_signalled(ServiceId id);
  void wait_because(ServiceId id, Why why, bool held);
  void signal_leavers();
  void give_turns();

  // commands.cpp
  void take_start(const CommandAsked& asked, const Why& why);
  void take_stop(const CommandAsked& asked, const Why& why);
  void take_restart(const CommandAsked& asked, const Why& why);
  /// The stack as a whole is to run: no bound of an earlier stop holds any more.
  void raise_stack();
  /// Wanted by command: budget and delay begin anew, and what waits does not wait for a deadline any longer.
  /// `again`: a task that is done runs once more.
  void wish(ServiceId id, const Why& why, bool again);
  void ask_start(ServiceId id, const Why& why);
  void ask_stop(ServiceId id, const Why& why);
  void ask_restart(ServiceId id, const Why& why);
  void end_run_for_restart(ServiceId id, const Why& why);
  void start_all(const Why& why);
  void stop_all(const Why& why);

  // starting.cpp
  void spawn(ServiceId id);
  /// The exec is known: begins to look for what makes it ready. True: it is ready already.
  [[nodiscard]] bool expect_ready(ServiceId id, Starting& starting);
  void become_ready(ServiceId id);
  void due_starting(ServiceId id);

  // probes.cpp
  void ask(ServiceId id, ProbeRole role, ProbeTrack& track);
  void ask_if_due(ServiceId id, ProbeRole role, ProbeTrack& track);
  void answered_starting(ServiceId id, Starting& phase, const ProbeAnswered& answer);
  void answered_running(ServiceId id, const ProbeAnswered& answer);
  void progress_answered(ServiceId id, Starting& phase, ProbeOutcome outcome);
  void become_unready(ServiceId id, Why why);
  void become_ready_again(ServiceId id, Unready& unready);
  void live_failed(ServiceId id, const ProbeAnswered& answer, const ProbeTrack& track);
  [[nodiscard]] MonoTime unready_deadline(ServiceId id);
  void due_unready(ServiceId id, Unready& phase);

  // running.cpp
  void note_settled(ServiceId id);
  void died(ServiceId id);

  // stopping.cpp
  Stopping& enter_stopping(ServiceId id, Why why, bool charged);
  void begin_stop(ServiceId id, Why why, bool charged);
  void climb(ServiceId id, Stopping& phase, std::size_t rung);
  void kill(ServiceId id, Stopping& phase);
  void main_process_gone(ServiceId id, Stopping& phase);
  void due_stopping(ServiceId id, Stopping& phase);

  // restart.cpp: what follows when a run is over
  void conclude(ServiceId id, Why why, bool charged);
  void restart_charged(ServiceId id, Why why);

  // verdict.cpp
  void judge();

  Stack& stack_;
  const Now& now_;
  Actions& actions_;
  std::vector<ServiceId> work_;    ///< to be reviewed; grows while it is walked
  std::vector<ServiceId> leavers_; ///< reviewed, and to be signalled as soon as their order allows it
  std::vector<Change> changes_;
};

/// It answers, or is done; one that leaves is counted out at once, so that the door closes before anything of
/// it is signalled and nothing is started on it.
[[nodiscard]] bool is_up(const Service& service);

/// How long until the next look at a requirement that was not met.
constexpr Duration look_pause = 5s;

} // namespace holdfast::model
