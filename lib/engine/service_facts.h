#pragma once

#include "engine/control_port.h"

#include <string>

namespace holdfast::engine {

/// What the kernel says now of a service's cgroup.
[[nodiscard]] ServiceFacts facts_of(const std::string& cgroup);

} // namespace holdfast::engine
