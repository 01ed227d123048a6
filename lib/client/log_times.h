#pragma once

#include "base/result.h"
#include "client/log_bytes.h"

#include <cstdint>
#include <string_view>

namespace holdfast::client {

/// "2026-11-24T06:53:30.123456Z" at the beginning of a line, or nothing.
[[nodiscard]] std::string_view leading_time(std::string_view line);

enum class Times : std::uint8_t {
  none, ///< lines, and no times
  there,
  not_known, ///< there is no whole line where it was looked
};

/// Whether the lines of a file begin with times: those at its end where it is not compressed, since it may
/// have begun otherwise; else the first ones. `bytes` is at its beginning before and after.
[[nodiscard]] Result<Times> times_in(LogBytes& bytes);

} // namespace holdfast::client
