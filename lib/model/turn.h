#pragma once
// One step under way: the state it changes, the time it is, what it asks for. Internal to the model; the
// parts of a step are in the files named below.

#include "model/stack.h"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast::model {

class Turn {
public:
  Turn(Stack& stack, const Now& now, Actions& actions)
      : stack_(stack), now_(now), actions_(actions), first_(actions.size()) {}

  // commands.cpp: what changes goals
  void take(const StackStarted&);
  void take(const CommandAsked&);
  void take(const ShutdownAsked&);
  // door.cpp
  void take(const DoorAsked&);
  // reload.cpp
  void take(const ConfigurationChanged&);
  // conditions.cpp
  void take(const ConditionSeen&);
  void take(const PressureSeen&);
  void take(const MachineWoke&);
  // returned.cpp
  void take(const EngineReturned&);
  // starting.cpp
  void take(const RequirementsSeen&);
  void take(const SpawnSucceeded&);
  void take(const SpawnFailed&);
  void take(const SpawnRefused&);
  // running.cpp
  void take(const ProcessExited&);
  void take(const LeafEmptied&);
  void take(const ServiceNotified&);
  // limits.cpp
  void take(const ProcessesKilled&);
  void take(const TasksSpent&);
  void take(const MemoryShort&);
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
    bool excused = false;
  };

  [[nodiscard]] const Service& at(ServiceId id) const { return stack_.services_[id.index]; }
  /// The same to be changed: the only way to do so, since what is changed has to be saved.
  [[nodiscard]] Service& edit(ServiceId id) {
    stack_.note_changed(id);
    return stack_.services_[id.index];
  }
  [[nodiscard]] const ServiceSpec& spec(ServiceId id) const { return stack_.spec(id); }
  /// The service's run if its number is `run`; null for a late event.
  [[nodiscard]] Run* run_at(ServiceId id, RunNumber run);
  /// The same where the answer to its spawn is still to come.
  [[nodiscard]] Run* launching_run_at(ServiceId id, RunNumber run);

  [[nodiscard]] std::pair<unsigned, ServiceId> turn_key(ServiceId id) const {
    return stack_.edges_.turn_key(id);
  }
  [[nodiscard]] bool is_external(ServiceId id) const { return !spec(id).external.empty(); }

  // turn.cpp: bookkeeping
  void touch(ServiceId id);
  void touch_neighbours(ServiceId id);
  /// Adds (or takes away) what the service counts for in the stack's counters.
  void count(ServiceId id, bool add);
  /// Changes what a service counts for otherwise than by another phase or goal.
  template <typename F>
  void change(ServiceId id, F&& how) {
    count(id, false);
    how(edit(id));
    count(id, true);
  }
  /// The only way to another phase.
  void enter(ServiceId id, Phase next, Why why);
  void enter_waiting(ServiceId id, Why origin);
  /// The only way to another goal.
  void want(ServiceId id, bool wanted, Why why);
  void reschedule(ServiceId id);
  void reschedule_stack();
  void report();
  void due(ServiceId id);
  void stack_due();
  void stop_overdue();

  // review.cpp: goal against fact, for one service
  void review(ServiceId id);
  void review_waiting(ServiceId id);
  void review_run(ServiceId id);
  void review_unready(ServiceId id);
  /// Nothing but its requirements and its turn is left between it and its start.
  void review_free(ServiceId id, Waiting& waiting);
  [[nodiscard]] std::optional<Blocker> blocked(ServiceId id);
  [[nodiscard]] std::optional<Blocker> blocked_by_need(ServiceId id);
  [[nodiscard]] std::optional<Blocker> blocked_by_soft_need(ServiceId id);
  [[nodiscard]] std::optional<Blocker> blocked_by_condition(ServiceId id);
  [[nodiscard]] std::optional<Blocker> blocked_by_removal(ServiceId id);
  /// One that writes to a volume must not run where that is another.
  [[nodiscard]] std::optional<Blocker> lost_volume(ServiceId id);
  /// Why its run has to end, and whether that is an operator's doing.
  [[nodiscard]] std::optional<Blocker> reason_to_leave(ServiceId id);
  [[nodiscard]] bool may_be_signalled(ServiceId id);
  void wait_because(ServiceId id, Blocker blocker);
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
  void ask_start(ServiceId id, const Why& why, bool again);
  void ask_stop(ServiceId id, const Why& why);
  void ask_restart(ServiceId id, const Why& why);
  void end_run_for_restart(ServiceId id, const Why& why);
  void start_all(const Why& why);
  /// Not started by itself: says why.
  void leave_down(ServiceId id);
  void stop_all(const Why& why);
  /// Every wanted service in order, with fresh budgets.
  void restart_all(const Why& why);
  void remember_done(const std::vector<ServiceId>& done);

  // reload.cpp
  void swap_spec(const ConfigurationChanged& changed);
  void apply_change(ServiceId id, const ServiceSpec& before, const Why& why);
  void apply_removal(ServiceId id, const Why& why);
  void apply_addition(ServiceId id, const Why& why);
  void look_anew(ServiceId id, const ServiceSpec& before);
  void touch_added();
  void reload_those_who_stay();

  // returned.cpp
  void meet(ServiceId id, const FoundRun* found);
  void meet_run(ServiceId id, Run& run, const FoundRun* found);
  void adopt(const FoundRun& found);
  void stop_remains(ServiceId id, Run run);
  /// The present rung of its ladder was decided and not done.
  [[nodiscard]] bool is_rung_due(ServiceId id, const FoundRun* found) const;
  void ask_all_again(ServiceId id, bool rung_is_due);
  void ask_once_more(ServiceId id, ProbeRole role, ProbeTrack& track);

  // escalation.cpp
  void escalate();
  void give_up(Why why);
  [[nodiscard]] bool may_restart_stack();
  /// Begins, ends or holds the time within which the door must open.
  void set_bound();
  void bound_due();

  // starting.cpp
  void spawn(ServiceId id);
  void watch_external(ServiceId id);
  [[nodiscard]] Starting next_run(ServiceId id);
  /// With a run that begins now, on what its needs run as. `pid`: 0 where it is still to be born.
  [[nodiscard]] Starting starting_now(ServiceId id, RunNumber number, int pid);
  /// The exec is known: looks for what makes it ready. It may be that at once; `starting` is gone then.
  void watch_start(ServiceId id, Starting& starting);
  /// The exec is known: begins to look for what makes it ready. True: it is ready already.
  [[nodiscard]] bool expect_ready(ServiceId id, Starting& starting);
  void become_ready(ServiceId id);
  /// The tracks of a run that is, or was, ready.
  [[nodiscard]] ProbeTrack ready_track(ServiceId id) const;
  [[nodiscard]] ProbeTrack live_track(ServiceId id, const Run& run) const;
  /// Of one that is unready and asked anew: whatever was mended is soon seen.
  [[nodiscard]] ProbeTrack unready_track(ServiceId id) const;
  void start_overdue(ServiceId id, Starting& starting);
  void due_starting(ServiceId id);

  // probes.cpp
  void ask(ServiceId id, ProbeRole role, ProbeTrack& track);
  void ask_if_due(ServiceId id, ProbeRole role, ProbeTrack& track);
  /// A probe that fails now fails for a reason of the machine's.
  [[nodiscard]] bool distrusts_probes() const;
  /// How long after an answer what starts is asked again.
  [[nodiscard]] static Duration start_pause(const Probe& probe, Duration elapsed);
  void answered_starting(ServiceId id, Starting& phase, const ProbeAnswered& answer);
  void answered_running(ServiceId id, const ProbeAnswered& answer);
  void answered_ready(ServiceId id, Ready& ready, const ProbeAnswered& answer);
  void answered_unready(ServiceId id, Unready& unready, const ProbeAnswered& answer);
  void progress_answered(ServiceId id, Starting& phase, ProbeOutcome outcome);
  /// Its start deadline stands still while something holds it, and goes on when nothing does.
  void weigh_start(ServiceId id, Starting& phase);
  void hold_start(ServiceId id, Starting& phase);
  void resume_start(ServiceId id, Starting& phase);
  /// Counts what says nothing about a service that was ready once, and tells it when it is no accident any
  /// more.
  void note_unknown(ServiceId id, const Probe& probe, ProbeTrack& track, const ProbeAnswered& answer);
  void become_unready(ServiceId id, Why why);
  /// The same of the time that it may be unready.
  void weigh_unready(ServiceId id, Unready& phase);
  void pause_unready(ServiceId id, Unready& phase);
  void resume_unready(ServiceId id, Unready& phase);
  void become_ready_again(ServiceId id, Unready& unready);
  void live_answered(ServiceId id, const ProbeAnswered& answer);
  [[nodiscard]] MonoTime unready_deadline(ServiceId id);
  void due_unready(ServiceId id, Unready& phase);

  // limits.cpp
  /// Has been short of memory for so long that it is restarted: begins its stop.
  [[nodiscard]] bool ends_for_memory(ServiceId id);

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
  [[nodiscard]] Verdict verdict_now() const;
  void end(int code);
  // door.cpp
  void move_door();

  Stack& stack_;
  const Now& now_;
  Actions& actions_;
  std::size_t first_;              ///< this step's first action
  std::vector<ServiceId> work_;    ///< to be reviewed; grows while it is walked
  std::vector<ServiceId> leavers_; ///< reviewed, and to be signalled as soon as their order allows it
  std::vector<Change> changes_;
  std::vector<ServiceId> reloads_; ///< whose files changed, unless it turns out that they leave
  bool tell_again_ = false;        ///< though it does not move: what was told last may not have been done
};

/// How long until the next look at a requirement that was not met.
constexpr Duration look_pause = 5s;

} // namespace holdfast::model
