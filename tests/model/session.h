#pragma once
// A random life of a stack that has everything: to be saved, restored and recorded.

#include "imperfect.h"
#include "world.h"

#include <cstdint>
#include <functional>

namespace holdfast::model::test {

/// Services of all kinds, a volume, probes in each role.
[[nodiscard]] StackSpec varied_stack();

class Session {
public:
  explicit Session(std::uint64_t seed);
  /// Boots, goes on for `turns` with faults and commands, and shuts down. `after_turn` is called in between.
  void live(
      int turns, const std::function<void()>& after_turn = [] {});
  [[nodiscard]] World& world() { return world_; }

private:
  void operate();

  Dice dice_;
  World world_;
  ImperfectMachine machine_;
};

} // namespace holdfast::model::test
