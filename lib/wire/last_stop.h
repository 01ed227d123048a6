#pragma once
// What anchor and engine share: a fixed table in memory (a memfd that the anchor makes). It tells each of the
// other's life, and holds what the anchor needs to stop the stack in order when no engine is left to do it.
// The engine keeps the rows up to date; the anchor reads them only when there is no engine. A row belongs to
// the running (or about to run) main process of one service.
//
// The pid is the row's first word because the kernel itself writes it at the process' birth
// (CLONE_PARENT_SETTID): an engine killed in the middle of a clone leaves a row that is complete. A row is
// filled in before the clone and its pid is cleared before the exit is acknowledged, so a pid in a row is
// always the anchor's own unreaped child: it cannot have been used again.

#include "base/result.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace holdfast::wire {

constexpr std::size_t last_stop_rows = 4096;
constexpr std::size_t last_stop_path = 512;

/// What the bytes of the table mean. A build that reads other ones cannot take over from this one.
constexpr std::uint32_t last_stop_layout = 1;

/// What came of the last upgrade.
enum class Upgrade : std::uint32_t {
  none,        ///< there was none
  trying,      ///< the next build is tried
  refused,     ///< it did not pass, or the trial was called off: nothing was changed
  taking_over, ///< this anchor is of the next build, and no engine of it has adopted yet
  done,
  gone_back, ///< none of its engines took over: this is the build before it
};

/// What anchor and engine tell each other of the engine's life.
struct EngineLife {
  std::atomic<std::uint64_t> pulse;   ///< the engine adds 1 at least each second while its loop turns
  std::atomic<std::uint32_t> adopted; ///< the engine: 1 when its first start or its adoption is complete; the
                                      ///< anchor clears it before each start
  std::atomic<std::uint32_t> number;  ///< the anchor: from 1, which engine this is
  std::atomic<std::uint32_t> distrusts_state; ///< the anchor: 1: two engines in a row were not adopted, the
                                              ///< saved state of the model is not to be read
  /// The anchor: si_code and si_status of the engine before this one; 0: there was none.
  std::atomic<std::int32_t> lost_code;
  std::atomic<std::int32_t> lost_status;
  std::atomic<std::int64_t> lost_at;       ///< the anchor: when it saw that, CLOCK_MONOTONIC in nanoseconds
  std::atomic<std::uint32_t> passed_trial; ///< the engine of the next build: 1 as the last thing that it does
                                           ///< in its trial; the anchor clears it before
  std::atomic<Upgrade> upgrade;            ///< the anchor
  std::atomic<std::uint32_t> first_of_build; ///< the anchor: number of the first engine after the last change
                                             ///< from one build to another; 0: there was none
};

constexpr std::size_t remembered_deaths = 5;

/// The signals that the anchor passes on to the engine.
constexpr std::size_t passed_signals = 3;

/// What the anchor alone reads and writes. It stands here so that nothing is forgotten when the anchor
/// executes itself anew.
struct AnchorLife {
  std::uint64_t descriptor_limit;                     ///< the soft RLIMIT_NOFILE that each engine gets
  std::array<std::int64_t, remembered_deaths> deaths; ///< the engine's last ones, the eldest first,
                                                      ///< CLOCK_MONOTONIC in nanoseconds; 0: none
  std::uint32_t early_deaths;                         ///< in a row, each before that engine was adopted
  std::int64_t take_over_until; ///< by when an engine of the next build is to have adopted, as above
  std::array<std::uint8_t, passed_signals> due;  ///< 1: to be told to the engine
  std::array<std::uint8_t, passed_signals> told; ///< how often, without a `took` for it
};

struct LastStopRow {
  std::atomic<std::int32_t> pid;     ///< 0: nobody
  std::atomic<std::uint32_t> in_use; ///< 1 when what follows is complete
  std::atomic<std::uint32_t>
      rungs_done; ///< the engine: so many rungs of the stop ladder did what they ask for
  std::atomic<std::uint32_t> was_ready;  ///< the engine: 1 when the run has been ready
  std::uint32_t rank;                    ///< higher ranks stop first
  std::int32_t signal;                   ///< the first rung's
  std::uint32_t wait_ms;                 ///< before cgroup.kill of the leaf
  std::array<char, last_stop_path> leaf; ///< absolute path, NUL-terminated
};

struct LastStopTable {
  std::uint32_t layout; ///< last_stop_layout
  EngineLife life;
  AnchorLife anchor;
  std::array<char, last_stop_path> stack;    ///< the cgroup above all leaves; empty: no tree yet
  std::array<char, last_stop_path> door;     ///< the flag that lets the public in; empty: none yet
  std::array<char, last_stop_path> observer; ///< a cgroup that nothing of the stack is in; empty: none
  /// The engine: what the next one must know of the tree of cgroups beside `stack`.
  std::array<char, last_stop_path> home; ///< where anchor and engine came from
  std::uint32_t base_is_ours;            ///< 1: what is above `stack` goes with it
  std::array<LastStopRow, last_stop_rows> rows;
};

static_assert(std::atomic<std::int32_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::int32_t>) == sizeof(std::int32_t), "the kernel writes the pid");

/// Makes the memory of an empty table, all zeros but its layout; the descriptor is inherited by the engine.
[[nodiscard]] Result<int> make_last_stop();

/// Maps the table; it stays mapped for the life of the process. Refused where it is of another size or
/// layout.
[[nodiscard]] Result<LastStopTable*> map_last_stop(int fd);

} // namespace holdfast::wire
