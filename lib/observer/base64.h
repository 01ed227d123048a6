#pragma once

#include <string>
#include <string_view>

namespace holdfast::observer {

/// RFC 4648, with padding, in one line.
[[nodiscard]] std::string base64(std::string_view text);

} // namespace holdfast::observer
