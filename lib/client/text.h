#pragma once

#include "base/time.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::client {

/// The text with everything that a terminal could obey made visible: control characters (C0 but the tab, DEL,
/// C1), characters that change the direction of writing, and bytes that are not UTF-8 become "\x1b",
/// "\u202e".
[[nodiscard]] std::string harmless(std::string_view text);

/// How many characters a terminal shows of valid UTF-8, each taken to be one column wide.
[[nodiscard]] std::size_t columns(std::string_view text);

/// The text, or as many characters of it as fit with "..." behind them.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);

/// "2026-11-24T06:53:30Z", with or without a fraction; nothing for any other text.
[[nodiscard]] std::optional<WallTime> parse_utc(std::string_view text);

} // namespace holdfast::client
