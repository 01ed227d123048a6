#pragma once
// What goes into the model and what comes out. Events are facts in the past tense; actions are requests in
// the imperative, which return nothing: what came of them is a later event. An event that carries a run
// number which is not the service's present one changes nothing.

#include "base/ids.h"
#include "base/time.h"
#include "model/spec.h"
#include "model/why.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::model {

/// `task` runs a task now, again if it is done; on a service that is no task it is `start`.
enum class Verb : std::uint8_t { start, stop, restart, task };

// ---- events
// ---------------------------------------------------------------------------------------------------------

/// The daemon is up: the stack is to be started.
struct StackStarted {
  std::vector<ServiceId> done; ///< tasks to be run once whose present program ended well before
};
/// An operator's command. `services` empty: the whole stack.
struct CommandAsked {
  Verb verb = Verb::start;
  std::vector<ServiceId> services;
  std::string by; ///< who, for the words of `status`: "root"
};
/// An orderly end of the daemon: the stack goes down in order, then comes End.
struct ShutdownAsked {
  std::string by;
};
/// The door is to stay closed whatever the verdict, or no longer.
struct DoorAsked {
  bool open = true;
  std::string by;
};
/// A changed configuration was accepted as a whole. `spec` was made by merged(): who was there keeps its
/// place.
struct ConfigurationChanged {
  std::shared_ptr<const StackSpec> spec;
  std::vector<ServiceId> reload; ///< places in `spec`: a file named under their `reload` changed
  std::vector<ServiceId> done;   ///< as in StackStarted
  std::string by;
};
/// What is known of a condition; unknown before, which is not met.
struct ConditionSeen {
  ConditionId condition;
  bool met = false;
  std::string what; ///< what is not as it is meant to be, in words; empty where it is met
};
/// The machine is short of processor, memory or disk, or no longer is: a probe that fails meanwhile says
/// little.
struct PressureSeen {
  bool high = false;
};
/// The machine was suspended for so long: what was asked before is answered late.
struct MachineWoke {
  Duration asleep{};
};
/// What a new engine finds of the runs that an earlier one started: each leaf that holds a process.
struct FoundRun {
  ServiceId service;
  RunNumber run;
  int pid = 0; ///< the main process; 0: it is not known which
  /// Where the state says that it is being stopped: what its present rung asks for was done, or nobody is
  /// left to be asked.
  bool rung_done = true;
  bool was_ready = false; ///< at some time in this run; read where the state knows nothing of it
};
/// A new engine took over. The state may be that of the one before, or empty where none could be read: then
/// the stack is to be started, and what is found of it carries on. What the earlier engine asked for last may
/// have been done or not.
struct EngineReturned {
  std::vector<FoundRun> found; ///< at most one a service
  std::vector<ServiceId> done; ///< as in StackStarted; read where the state is empty
  /// By service: a number that a run had, so that none is used again where the state knows less. May be
  /// empty.
  std::vector<RunNumber> used = {};
};
/// exec succeeded.
struct SpawnSucceeded {
  ServiceId service;
  RunNumber run;
  int pid = 0;
};
/// Clone, a step before exec, or exec itself failed; no process of the run is left.
struct SpawnFailed {
  ServiceId service;
  RunNumber run;
  int error = 0;    ///< errno
  std::string what; ///< "/usr/lib/…: No such file or directory (execve)"
};
/// Something that the service requires changed between the look and the spawn; nothing was started.
struct SpawnRefused {
  ServiceId service;
  RunNumber run;
  std::string what;
};
/// The answer to LookAtRequirements.
struct RequirementsSeen {
  ServiceId service;
  std::string missing; ///< what is not as it must be, in words; empty: all is well
};
/// The main process of the run ended.
struct ProcessExited {
  ServiceId service;
  RunNumber run;
  ExitStatus status;
};
/// The run's cgroup holds no living process.
struct LeafEmptied {
  ServiceId service;
  RunNumber run;
};
/// The kernel killed processes of the run for want of memory, and its main process is not among them.
struct ProcessesKilled {
  ServiceId service;
  RunNumber run;
  unsigned count = 1;
};
/// A fork or a thread was refused: the service's cgroup, or that of all, has as many tasks as it may have.
struct TasksSpent {
  ServiceId service;
  RunNumber run;
};
/// The run is above its memory_high and spends much of its time waiting for memory, or no longer.
struct MemoryShort {
  ServiceId service;
  RunNumber run;
  bool is_short = false;
};
/// An authenticated datagram of sd_notify(3).
struct ServiceNotified {
  ServiceId service;
  RunNumber run;
  bool ready = false;
  bool stopping = false;
  std::optional<Duration> extend; ///< EXTEND_TIMEOUT_USEC
  std::string status;             ///< STATUS=, for people; empty: unchanged
};
enum class ProbeOutcome : std::uint8_t {
  succeeded,
  failed,
  unknown,  ///< could not look, for a reason of ours on this machine: a secret, a certificate, a limit
  starting, ///< it says itself that it is not ready yet: recovery, loading
  unseen    ///< nobody was there to ask it: the observer does not run or does not answer
};
struct ProbeAnswered {
  ServiceId service;
  RunNumber run;
  ProbeRole role = ProbeRole::ready;
  std::uint64_t question = 0; ///< of AskProbe: one that is not waited for any more changes nothing
  ProbeOutcome outcome = ProbeOutcome::unknown;
  std::string said; ///< a line for people
};
/// Time went by: everything due is looked at.
struct DeadlinePassed {};

using Event =
    std::variant<StackStarted, CommandAsked, ShutdownAsked, DoorAsked, ConfigurationChanged, ConditionSeen,
                 PressureSeen, MachineWoke, EngineReturned, SpawnSucceeded, SpawnFailed, SpawnRefused,
                 RequirementsSeen, ProcessExited, LeafEmptied, ProcessesKilled, TasksSpent, MemoryShort,
                 ServiceNotified, ProbeAnswered, DeadlinePassed>;

// ---- actions
// --------------------------------------------------------------------------------------------------------

/// See whether what the service requires is there. Answered by RequirementsSeen.
struct LookAtRequirements {
  ServiceId service;
};
/// Start a run in its own new leaf. Answered by SpawnSucceeded, SpawnFailed or SpawnRefused.
struct Spawn {
  ServiceId service;
  RunNumber run;
};
struct Signal {
  ServiceId service;
  RunNumber run;
  int signal = 0;
  bool to_all = false;
};
/// Run the program of a rung of the stop ladder. Nothing answers: the rung's wait goes on.
struct RunStopProgram {
  ServiceId service;
  RunNumber run;
  std::size_t rung = 0;
};
/// cgroup.kill of the run's leaf.
struct KillGroup {
  ServiceId service;
  RunNumber run;
};
/// Let the running service read its files anew, as its spec's `reload` says. Nothing answers.
struct ReloadService {
  ServiceId service;
  RunNumber run;
};
/// A task to be run once ended well: to be remembered beyond this daemon, with its program.
struct RememberDone {
  ServiceId service;
};
/// No request of the public may reach the stack from now on. In a step it is the first action.
struct CloseDoor {};
/// The public may come in again. In a step it is behind all actions that change something.
struct OpenDoor {};
/// Ask a probe: an exec or an observed one. Answered by ProbeAnswered once, at the latest when the probe's
/// timeout is over.
struct AskProbe {
  ServiceId service;
  RunNumber run;
  ProbeRole role = ProbeRole::ready;
  std::uint64_t question = 0; ///< from 1, never used again in this run
};
/// A service is in another phase than before the step; phases that came and went within it are not told.
struct ReportPhase {
  ServiceId service;
  RunNumber run;
  PhaseName from = PhaseName::down;
  PhaseName to = PhaseName::down;
  Why why;
  Duration took{}; ///< how long the phase that ended lasted
};
struct ReportVerdict {
  Verdict from = Verdict::starting;
  Verdict to = Verdict::starting;
};
/// Something worth telling that changes no phase: a live probe whose action is `alert`, a run that outlives
/// its kill.
struct ReportTrouble {
  ServiceId service;
  RunNumber run;
  Why why;
};
/// The stack is down and the daemon was asked to end: exit with `code`.
struct End {
  int code = 0;
};

using Action =
    std::variant<LookAtRequirements, Spawn, Signal, RunStopProgram, KillGroup, ReloadService, RememberDone,
                 CloseDoor, OpenDoor, AskProbe, ReportPhase, ReportVerdict, ReportTrouble, End>;
using Actions = std::vector<Action>;

} // namespace holdfast::model
