#pragma once

#include "support/running_stack.h"

#include <string>
#include <vector>

namespace holdfast::test {

/// What is still there of a stack that has ended, in words; empty when there is nothing: no process in its
/// cgroups, no cgroup, and nobody on `ports`.
[[nodiscard]] std::string left_of(const StackDirectory& directory, const std::vector<int>& ports = {});

/// Waits until exactly `count` processes of a service live, or none of the whole stack (service ""); false
/// when it does not come to that in time.
[[nodiscard]] bool comes_to(std::size_t count, const std::string& stack, const std::string& service,
                            Milliseconds within);

} // namespace holdfast::test
