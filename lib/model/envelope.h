#pragma once
// What stands in front of a file that we leave for a later build to read: whose it is, in which format, how
// long it is, and a checksum over all of that and the content.

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::model {

/// Of everything in fields.h. Raised when a field comes, goes or changes its place. Of records the present
/// build reads this one only; of saved states see saved_parts.cpp.
constexpr std::uint32_t format = 11;

/// 20 bytes: `magic`, format, length, checksum; numbers with their lowest byte first.
constexpr std::size_t envelope_size = 20;

/// Exactly eight characters.
using Magic = std::string_view;

[[nodiscard]] std::string seal(Magic magic, std::string_view content);

struct Opened {
  std::string_view content; ///< within the bytes that were opened
  std::string_view rest;    ///< what stands behind it
};

/// Refused, each in words of its own: what is too short, not ours, of another format, or damaged.
[[nodiscard]] Result<Opened> open_sealed(Magic magic, std::string_view bytes);

} // namespace holdfast::model
