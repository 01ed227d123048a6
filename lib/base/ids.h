#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace holdfast {

/// A service's place in its StackSpec.
struct ServiceId {
  std::uint32_t index = 0;
  auto operator<=>(const ServiceId&) const = default;
};

/// The place in its StackSpec of a condition that services wait for.
struct ConditionId {
  std::uint32_t index = 0;
  auto operator<=>(const ConditionId&) const = default;
};

/// Counts the runs of a service from 1; never used again, so that a late event is recognised. 0 is "no run
/// yet".
struct RunNumber {
  std::uint64_t value = 0;
  auto operator<=>(const RunNumber&) const = default;
  [[nodiscard]] RunNumber next() const { return {value + 1}; }
};

/// Whoever asks for something to be changed draws one at random, so that the same request can be made again
/// without being carried out twice. 0: none, it is a request like any other.
struct CommandId {
  std::uint64_t value = 0;
  auto operator<=>(const CommandId&) const = default;
};

} // namespace holdfast

template <>
struct std::hash<holdfast::ServiceId> {
  std::size_t operator()(holdfast::ServiceId id) const noexcept { return id.index; }
};
