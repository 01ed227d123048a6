#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::model {

/// CRC-32 (as in gzip): finds damage, not malice. `before`: the checksum of the bytes in front.
[[nodiscard]] std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0);

} // namespace holdfast::model
