#pragma once
// Episode after episode until the time is over or something is found.

#include "coverage.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::sim {

struct Order {
  std::uint64_t seed = 1;
  std::chrono::nanoseconds time = std::chrono::seconds(10);
  std::uint64_t most_events = ~0ULL;
  std::uint32_t most_services = 60;
  std::uint64_t first = 0; ///< episode
  bool history = true;     ///< of a violation, the shortest
};

struct Result {
  std::uint64_t events = 0;
  std::chrono::nanoseconds spent{}; ///< of one core
  Coverage coverage;
  std::uint64_t violations = 0;
  std::vector<std::string> report; ///< about the violations, for people
};

[[nodiscard]] Result run(const Order& order);

} // namespace holdfast::sim
