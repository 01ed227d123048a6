#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace holdfast {

/// A whole number that is all of `text`, without blanks or a plus; nothing where it is none or does not fit
/// into T.
template <typename T>
[[nodiscard]] std::optional<T> whole_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (bad != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

} // namespace holdfast
