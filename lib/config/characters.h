#pragma once
// What may stand in a file of the configuration, and what may be shown of it on a terminal.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::config {

struct BadCharacter {
  std::size_t offset = 0;
  std::string what;
};

/// The first byte of `text` that is no part of UTF-8, or that YAML 1.2 does not allow in a file: NUL and the
/// other control characters but tab, line feed, and carriage return before a line feed.
[[nodiscard]] std::optional<BadCharacter> find_bad_character(std::string_view text);

/// UTF-8 without a NUL: what a value may be. The escapes of a quoted string can make anything else.
[[nodiscard]] bool is_text(std::string_view text);

/// `text` with each such byte, and each line end, shown as '?': safe to print. Tabs stay.
[[nodiscard]] std::string printable(std::string_view text);

/// How many columns of a terminal `text` takes, one for each character.
[[nodiscard]] std::size_t columns(std::string_view text);

} // namespace holdfast::config
