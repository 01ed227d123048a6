#pragma once

#include <string>

namespace holdfast::test {

/// Whether `part` stands in `text`.
[[nodiscard]] inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace holdfast::test
