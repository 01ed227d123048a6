#pragma once
// A process that is held by a descriptor: its pid cannot come to mean another process without our noticing.

#include "base/fd.h"
#include "base/result.h"

namespace holdfast::linux_os {

/// pidfd_open(2). Works for a zombie too; ESRCH where there is no such process.
[[nodiscard]] Result<Fd> open_pidfd(int pid);

/// Whether the process is not reaped yet (a zombie counts): as long as it is so, its pid is its own.
[[nodiscard]] bool holds_pid(int pidfd);

/// Sends a signal through the pidfd. ESRCH (it is gone) is success.
[[nodiscard]] Status send_signal(int pidfd, int signal);

} // namespace holdfast::linux_os
