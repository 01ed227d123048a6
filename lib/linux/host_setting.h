#pragma once

#include "model/spec.h"

#include <string>

namespace holdfast::linux_os {

/// What is not as the setting asks for, in words with the command that mends it; empty where all is well.
/// Reads a file below /proc/sys and sets nothing; never waits.
[[nodiscard]] std::string unmet(const model::HostSetting& setting);

/// The same for a value that was read.
[[nodiscard]] std::string unmet(const model::HostSetting& setting, const std::string& value);

} // namespace holdfast::linux_os
