#pragma once

#include "linux/launcher.h"

namespace holdfast::linux_os {

/// Prepares and carries out one order in the calling thread, which may block.
[[nodiscard]] LaunchOutcome launch(const LaunchOrder& order);

} // namespace holdfast::linux_os
