#pragma once
// The phases of a service. Each type holds only what is valid in it, so that an illegal combination cannot be
// written.
//
//                 goal                 turn            answers
//      down ----------> waiting ----------> starting ----------> ready <------> unready
//        ^                ^  ^                  |                  |               |
//        |                |  |                  +--------+---------+---------------+
//        |      last      |  | deadline                  | exit, order, deadline, liveness
//        |     blocker    |  |                           v
//        |                |  +------- backoff <------ stopping -------> failed   (held until a command)
//        +----------------+-----------------------------+ +-----------> done     (a task that ended well)
//                                 leaf empty
//
// A run is one life of the service's main process together with all that it leaves behind: it begins with the
// request to spawn into a new leaf, and it is over when the main process' exit is known *and* the leaf is
// empty. In starting, ready, unready and stopping a run exists; in the others none does, and nothing of the
// service is alive.

#include "base/ids.h"
#include "base/time.h"
#include "model/why.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::model {

struct Run {
  RunNumber number;
  int pid = 0; ///< 0 until the exec is known to have succeeded
  MonoTime spawned{};
  bool leaf_empty = false;
  std::optional<ExitStatus> exit; ///< of the main process
  bool settled = false;           ///< was ready for `settled` without a break
  MonoTime short_since = never;   ///< slowed above memory_high without a break
  std::uint64_t questions = 0;    ///< that its probes were asked
  std::vector<RunNumber> needs;   ///< the run of each need, in the spec's order, that this run was started on
  [[nodiscard]] bool over() const { return exit.has_value() && leaf_empty; }
};

/// One probe's state between questions.
struct ProbeTrack {
  MonoTime next = never;   ///< when to ask again
  Duration pause{};        ///< between questions: grows to `every` while starting
  std::uint64_t asked = 0; ///< number of the question that is out; 0: none
  unsigned failures = 0;   ///< in a row
  unsigned successes = 0;  ///< in a row
  std::string said;        ///< live: what the last of the failures in this row said
  unsigned unknowns = 0;   ///< once it is ready: answers in a row that say nothing about the service
  std::string hindrance;   ///< what the last of these said
};

struct Down {};

enum class Look : std::uint8_t { unknown, asked, satisfied };

struct Waiting {
  Look look = Look::unknown;   ///< at what the service requires; asked for when nothing else is in the way
  MonoTime look_again = never; ///< something was missing
  bool held = false;           ///< what it waits for does not come by itself: it needs a person
  Why origin;                  ///< why it is to start at all
};

/// Why the time that it is given stands still.
struct Holds {
  bool progress = false; ///< `progress` succeeds
  bool recovery = false; ///< asked, it says itself that it starts or recovers
  bool unseen = false;   ///< the observer, which could ask it, is not there or does not answer
  [[nodiscard]] bool any() const { return progress || recovery || unseen; }
};

struct Starting {
  Run run;
  MonoTime deadline = never;    ///< `never` while `held`, or when it leaves all the same
  std::optional<Duration> held; ///< what is left of start_within while something `holds`
  Holds holds;
  bool said_ready = false; ///< READY=1 overtook the news of the exec
  ProbeTrack ready;
  ProbeTrack progress;
};

struct Ready {
  Run run;
  ProbeTrack ready;
  ProbeTrack live;
};

struct Unready {
  Run run;
  MonoTime deadline = never;
  bool held = false; ///< nothing here makes it answer: it lives elsewhere, or needs what is held itself
  Holds holds;
  std::optional<Duration> paused; ///< what is left of unready_within while something `holds`
  MonoTime paused_until = never;  ///< no longer than this
  ProbeTrack ready;
  ProbeTrack live;
};

/// Where the end of a run has got to.
enum class StopStage : std::uint8_t {
  launching, ///< the spawn is not answered yet: nobody to signal
  ladder,    ///< rung `rung` was climbed, `due` is the next
  leftovers, ///< the main process is gone, others still are not
  killed,    ///< cgroup.kill was written
  overdue,   ///< still not empty: what it needs no longer waits for it
};

struct Stopping {
  Run run;
  StopStage stage = StopStage::ladder;
  std::size_t rung = 0;
  MonoTime due = never;
  bool charged = false; ///< the restart that follows counts against the budget
  Why why;              ///< what began it
};

struct Backoff {
  MonoTime until = never;
};

struct Failed {};
struct Finished {}; ///< phase `done`

using Phase = std::variant<Down, Waiting, Starting, Ready, Unready, Stopping, Backoff, Failed, Finished>;

[[nodiscard]] PhaseName name_of(const Phase& phase);

/// The run that exists in this phase, or null.
[[nodiscard]] Run* run_of(Phase& phase);
[[nodiscard]] const Run* run_of(const Phase& phase);

} // namespace holdfast::model
