#pragma once

#include "base/ids.h"
#include "engine/last_stop_rows.h"
#include "engine/tree.h"
#include "linux/cgroup.h"
#include "model/spec.h"

#include <vector>

namespace holdfast::engine {

/// A leaf that earlier engines made for a run.
struct FoundLeaf {
  ServiceId service;
  RunNumber run;
  linux_os::Leaf leaf;
  bool populated = false;
  int pid = 0; ///< by the shared table: its main process, which is not reaped yet; 0: unknown, or reaped
};

/// All leaves of all services, the eldest run of a service first. What cannot be opened is passed over: it
/// was removed meanwhile.
[[nodiscard]] std::vector<FoundLeaf> find_leaves(const Tree& tree, const model::StackSpec& spec,
                                                 const LastStopRows& rows);

} // namespace holdfast::engine
