#pragma once

#include "config/keys.h"

#include <array>
#include <cstddef>

namespace holdfast::config {

/// One table of keys out of several, in their order.
template <std::size_t... N>
constexpr auto joined(const std::array<Key, N>&... parts) {
  std::array<Key, (N + ...)> all{};
  std::size_t at = 0;
  const auto append = [&](const auto& part) {
    for (const Key& one : part)
      all[at++] = one;
  };
  (append(parts), ...);
  return all;
}

} // namespace holdfast::config
