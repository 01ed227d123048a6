#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// Any bytes, fit for a terminal and for JSON: printable(), with what is not UTF-8 as "?".
[[nodiscard]] std::string harmless(std::string text, std::size_t most);

/// `text`, which must be UTF-8, without control characters (C0, DEL, C1), cut to at most `most` bytes between
/// characters.
[[nodiscard]] std::string printable(std::string_view text, std::size_t most);

} // namespace holdfast::linux_os
