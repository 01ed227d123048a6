#pragma once

#include "base/result.h"

namespace holdfast::anchor {

/// Takes SIGCHLD and the signals that are passed on out of ordinary delivery: they are read from signals_fd.
/// That of an anchor that was executed before us goes on, with all that is pending.
[[nodiscard]] Status take_signals();

/// In a child, before it executes a program: what the anchor blocks and ignores for itself would be
/// inherited.
void restore_signals();

} // namespace holdfast::anchor
