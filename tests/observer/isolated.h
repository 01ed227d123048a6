#pragma once

#include <functional>
#include <string>

namespace holdfast::test {

/// Runs `body` in a process of its own that isolated itself as the observer does: what it returns, or how it
/// ended.
[[nodiscard]] std::string isolated(const std::function<std::string()>& body);

} // namespace holdfast::test
