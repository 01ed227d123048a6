#pragma once

#include <cstdint>
#include <string>

namespace holdfast {

/// "412 MiB", "1.5 KiB", "2 GiB"
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

} // namespace holdfast
