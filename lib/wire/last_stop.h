#pragma once
// What the anchor needs to stop the stack in order when no engine is left to do it: a fixed table in memory
// that both share (a memfd that the anchor makes). The engine keeps it up to date; the anchor reads it only
// after the engine's death. A row belongs to the running (or about to run) main process of one service.
//
// The pid is the row's first word because the kernel itself writes it at the process' birth
// (CLONE_PARENT_SETTID): an engine killed in the middle of a clone leaves a row that is complete. A row is
// filled in before the clone and its pid is cleared before the exit is acknowledged, so a pid in a row is
// always our own unreaped child: it cannot have been used again.

#include "base/result.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace holdfast::wire {

constexpr std::size_t last_stop_rows = 4096;
constexpr std::size_t last_stop_path = 512;

struct LastStopRow {
  std::atomic<std::int32_t> pid;         ///< 0: nobody
  std::atomic<std::uint32_t> in_use;     ///< 1 when what follows is complete
  std::uint32_t rank;                    ///< higher ranks stop first
  std::int32_t signal;                   ///< the first rung's
  std::uint32_t wait_ms;                 ///< before cgroup.kill of the leaf
  std::array<char, last_stop_path> leaf; ///< absolute path, NUL-terminated
};

struct LastStopTable {
  std::array<char, last_stop_path> stack;    ///< the cgroup above all leaves; empty: no tree yet
  std::array<char, last_stop_path> door;     ///< the flag that lets the public in; empty: none yet
  std::array<char, last_stop_path> observer; ///< a cgroup that nothing of the stack is in; empty: none
  std::array<LastStopRow, last_stop_rows> rows;
};

static_assert(std::atomic<std::int32_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::int32_t>) == sizeof(std::int32_t), "the kernel writes the pid");

/// Makes the memory; the descriptor is inherited by the engine. Zero is a valid empty table.
[[nodiscard]] Result<int> make_last_stop();

/// Maps the table; it stays mapped for the life of the process.
[[nodiscard]] Result<LastStopTable*> map_last_stop(int fd);

} // namespace holdfast::wire
