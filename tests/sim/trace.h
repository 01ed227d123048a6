#pragma once

#include "model/events.h"

#include <cstdint>

namespace holdfast::sim {

/// A number that stands for all decisions so far: the same for the same actions in the same order.
class Trace {
public:
  void add(const model::Actions& actions);
  [[nodiscard]] std::uint64_t value() const { return value_; }

private:
  void mix_in(std::uint64_t what);
  std::uint64_t value_ = 0;
};

} // namespace holdfast::sim
