#pragma once

#include <optional>
#include <string_view>

namespace holdfast::linux_os {

/// 10 for "CAP_NET_BIND_SERVICE"; nothing for any other word than those of capabilities(7).
[[nodiscard]] std::optional<int> capability_number(std::string_view name);

} // namespace holdfast::linux_os
