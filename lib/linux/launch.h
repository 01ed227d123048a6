#pragma once

#include "linux/identity_cache.h"
#include "linux/launcher.h"

namespace holdfast::linux_os {

/// What a launcher has found once and uses for each order.
struct LaunchMeans {
  const SpawnSlots* slots = nullptr; ///< borrowed; may be null
  const Inheritance inheritance = Inheritance::look();
  IdentityCache identities;
};

/// Prepares and carries out one order in the calling thread, which may block.
[[nodiscard]] LaunchOutcome launch(const LaunchOrder& order, LaunchMeans& means);

} // namespace holdfast::linux_os
