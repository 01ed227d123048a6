#pragma once

#include "config/values.h"
#include "model/spec.h"

#include <string_view>

namespace holdfast::config {

/// One entry of a service's `host`: "vm.max_map_count" and ">=262144", "<=...", "==..." or the value alone,
/// which means equality. Names are those of sysctl(8) with dots; where they become a path below /proc/sys
/// they stay there.
[[nodiscard]] Parsed<model::HostSetting> parse_host_setting(std::string_view name, std::string_view wanted);

} // namespace holdfast::config
