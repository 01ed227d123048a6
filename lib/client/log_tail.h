#pragma once

#include "base/result.h"
#include "client/line_selection.h"
#include "client/log_bytes.h"

#include <cstdint>
#include <optional>

namespace holdfast::client {

/// Where the last lines of one file begin.
struct LogTail {
  std::uint64_t lines = 0;      ///< from there on
  std::uint64_t skip = 0;       ///< lines to be passed over from where `bytes` was left
  std::optional<Error> trouble; ///< why the file could not be read to its end: what is before that counts
};

/// Finds the last `last` lines that `filter` wants, or as many as there are, and leaves `bytes` at them or
/// before them. What stands behind the last newline counts as a line.
[[nodiscard]] Result<LogTail> find_tail(LogBytes& bytes, const LineFilter& filter, std::uint64_t last);

} // namespace holdfast::client
