#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::client {

struct MergedLine {
  std::size_t log = 0; ///< which of the logs
  std::string text;
};

/// Merges the lines of several logs by the times they begin with. A line without one stays behind the line
/// before it; lines of the same time, and those of one log, stay in their order.
[[nodiscard]] std::vector<MergedLine> merge(std::vector<std::vector<std::string>> logs);

/// "2026-11-24T06:53:30.123456Z" at the beginning of a line, or nothing.
[[nodiscard]] std::string_view leading_time(std::string_view line);

} // namespace holdfast::client
