#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace holdfast::test {

/// A number that the environment may set; see README.md.
[[nodiscard]] inline std::uint64_t setting(const char* variable, std::uint64_t usual) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? usual : std::stoull(text);
}

} // namespace holdfast::test
