#pragma once
// A number that is stored at once and tells whether it is still what was stored: 48 bits of it and 16 of a
// checksum, which differs where the number stands elsewhere.

#include "model/checksum.h"

#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace holdfast::engine {

constexpr std::uint64_t largest_checked = (std::uint64_t{1} << 48) - 1;

/// `place`: where it stands. Precondition: not above largest_checked.
[[nodiscard]] inline std::uint64_t checked_word(std::uint64_t value, std::uint64_t place) {
  assert(value <= largest_checked);
  const std::array<std::uint64_t, 2> words{value, place};
  std::array<char, sizeof words> bytes{};
  std::memcpy(bytes.data(), words.data(), sizeof words);
  return value << 16 | (model::checksum({bytes.data(), bytes.size()}) & 0xFFFFU);
}

/// Nothing where it is damaged.
[[nodiscard]] inline std::optional<std::uint64_t> value_of(std::uint64_t word, std::uint64_t place) {
  const std::uint64_t value = word >> 16;
  return checked_word(value, place) == word ? std::optional(value) : std::nullopt;
}

} // namespace holdfast::engine
