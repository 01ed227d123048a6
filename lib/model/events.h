#pragma once
// What goes into the model and what comes out. Events are facts in the past tense; actions are requests in
// the imperative, which return nothing: what came of them is a later event. An event that carries a run
// number which is not the service's present one changes nothing.

#include "base/ids.h"
#include "base/time.h"
#include "model/spec.h"
#include "model/why.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::model {

enum class Verb : std::uint8_t { start, stop, restart };

// ---- events
// ---------------------------------------------------------------------------------------------------------

/// The daemon is up: the stack is to be started.
struct StackStarted {};
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
/// An authenticated datagram of sd_notify(3).
struct ServiceNotified {
  ServiceId service;
  RunNumber run;
  bool ready = false;
  bool stopping = false;
  std::optional<Duration> extend; ///< EXTEND_TIMEOUT_USEC
  std::string status;             ///< STATUS=, for people; empty: unchanged
};
enum class ProbeRole : std::uint8_t { ready, progress, live };
enum class ProbeOutcome : std::uint8_t { succeeded, failed, unknown };
struct ProbeAnswered {
  ServiceId service;
  RunNumber run;
  ProbeRole role = ProbeRole::ready;
  ProbeOutcome outcome = ProbeOutcome::unknown;
  std::string said; ///< a line for people
};
/// Time went by: everything due is looked at.
struct DeadlinePassed {};

using Event = std::variant<StackStarted, CommandAsked, ShutdownAsked, SpawnSucceeded, SpawnFailed,
                           SpawnRefused, RequirementsSeen, ProcessExited, LeafEmptied, ServiceNotified,
                           ProbeAnswered, DeadlinePassed>;

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
/// Ask an exec probe. Answered by ProbeAnswered once, at the latest when the probe's timeout is over.
struct AskProbe {
  ServiceId service;
  RunNumber run;
  ProbeRole role = ProbeRole::ready;
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

using Action = std::variant<LookAtRequirements, Spawn, Signal, RunStopProgram, KillGroup, AskProbe,
                            ReportPhase, ReportVerdict, ReportTrouble, End>;
using Actions = std::vector<Action>;

} // namespace holdfast::model
