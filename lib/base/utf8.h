#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast {

/// A character at the front of a text.
struct Utf8Character {
  char32_t code = 0;
  std::size_t bytes = 0; ///< 0: what stands there is not UTF-8
};

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Precondition: `text` is not empty.
[[nodiscard]] Utf8Character first_character(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// How many characters: bytes that are not the second or a later one of a character.
[[nodiscard]] std::size_t count_characters(std::string_view text);

} // namespace holdfast
