#pragma once

#include "base/ids.h"
#include "engine/last_stop_rows.h"
#include "engine/tree.h"
#include "linux/cgroup.h"
#include "model/spec.h"

#include <cstddef>
#include <vector>

namespace holdfast::engine {

/// A leaf that earlier engines made for a run.
struct FoundLeaf {
  ServiceId service;
  RunNumber run;
  linux_os::Leaf leaf;
  bool populated = false;
  // by the shared table
  int pid = 0;                ///< its main process, which is not reaped yet; 0: unknown, or reaped
  std::size_t rungs_done = 0; ///< of its stop ladder
  bool was_ready = false;     ///< at some time
};

/// All leaves of all services, the eldest run of a service first. What cannot be opened is passed over: it
/// was removed meanwhile.
[[nodiscard]] std::vector<FoundLeaf> find_leaves(const Tree& tree, const model::StackSpec& spec,
                                                 const LastStopRows& rows);

} // namespace holdfast::engine
