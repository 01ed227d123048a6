#pragma once

#include "linux/identity_cache.h"
#include "linux/launcher.h"

namespace holdfast::linux_os {

/// Prepares and carries out one order in the calling thread, which may block. `slots` may be null.
[[nodiscard]] LaunchOutcome launch(const LaunchOrder& order, const SpawnSlots* slots,
                                   IdentityCache& identities);

} // namespace holdfast::linux_os
