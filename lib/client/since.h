#pragma once

#include "base/time.h"

#include <optional>
#include <string_view>

namespace holdfast::client {

/// The moment that `text` means: "now"; "10m" (also s, h, d) ago; "today" and "yesterday", at midnight;
/// "06:53" or "06:53:30", the last time it was so late; "2026-11-24", "2026-11-24T06:53" and so on to
/// "2026-11-24T06:53:30.123456Z". All in UTC, as everything that is printed. Nothing for any other text.
[[nodiscard]] std::optional<WallTime> moment_of(std::string_view text, WallTime now);

} // namespace holdfast::client
