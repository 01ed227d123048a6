#pragma once

#include "base/time.h"
#include "wire/last_stop.h"

namespace holdfast::anchor {

/// Closes the door and stops what the table names when no engine is left: rank by rank from the highest, each
/// main process by its signal, then its leaf by cgroup.kill when its time is over or it is gone; at last the
/// whole tree by cgroup.kill. Reaps all children on the way; the table's pids of those that are gone become
/// 0. `signals` is a signalfd with SIGCHLD, non-blocking. Bounded by the waits in the table.
void last_stop(wire::LastStopTable& table, int signals);

/// Reaps every child that has ended, and waits a moment for those in the act: of a process that dies, its
/// cgroup is empty before there is a zombie. `signals` as above.
void reap_the_dying(int signals);

/// How long last_stop may take with what the table names now.
[[nodiscard]] Duration longest_last_stop(const wire::LastStopTable& table);

} // namespace holdfast::anchor
