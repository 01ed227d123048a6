#pragma once

#include "engine/control_port.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace holdfast::control {

/// Where the event with this sequence number is: the first one if that is gone already, the size if it is
/// still to come.
[[nodiscard]] inline std::size_t index_of(const std::deque<engine::EventRecord>& events,
                                          std::uint64_t sequence) {
  if (events.empty() || sequence <= events.front().sequence) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(sequence - events.front().sequence, events.size()));
}

} // namespace holdfast::control
