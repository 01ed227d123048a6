#include "base/size.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>

namespace holdfast {

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit)
    value /= 1024;
  const bool is_whole = value == std::floor(value);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", value < 10 && !is_whole ? 1 : 0, value, units.at(unit));
  return text.data();
}

} // namespace holdfast
