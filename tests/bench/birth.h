#pragma once

#include <cstdint>

namespace holdfast::bench {

/// What a child says first: one datagram. Plain data, both ends are of one build.
struct Birth {
  std::int64_t mono_ns = 0; ///< CLOCK_MONOTONIC at its first instruction
  std::int32_t pid = 0;
  std::uint32_t index = 0; ///< which of the services it is
};

} // namespace holdfast::bench
