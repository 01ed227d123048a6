#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::model {

/// Four bytes, the lowest first.
inline void append_u32(std::string& bytes, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<char>((value >> shift) & 0xFFU));
}

/// Precondition: four bytes are there.
[[nodiscard]] inline std::uint32_t u32_at(std::string_view bytes, std::size_t place) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<unsigned char>(bytes[place + i])} << (8 * i);
  return value;
}

} // namespace holdfast::model
