#pragma once

#include "model/spec.h"

#include <string>
#include <vector>

namespace holdfast::linux_os {

/// The limits that this machine grants: nobody without CAP_SYS_RESOURCE (root in many containers) gets more
/// than the hard limit that we have ourselves. What had to be lowered is added to `lowered`, as "open_files:
/// 20000 instead of 65536".
[[nodiscard]] model::ProcessLimits granted_limits(const model::ProcessLimits& asked,
                                                  std::vector<std::string>& lowered);

} // namespace holdfast::linux_os
