#pragma once

#include "wire/held.h"

#include <bitset>
#include <cstdint>

namespace holdfast::anchor {

/// What is kept for the engines, each at its number of wire/held.h. Nothing else of ours has such a number:
/// ours are the lowest there are, and few.
class Held {
public:
  /// Keeps a copy of `descriptor`, in place of what was held there. A slot that does not exist is passed
  /// over.
  void put(std::int32_t slot, int descriptor);
  void drop(std::int32_t slot);
  [[nodiscard]] bool has(std::int32_t slot) const;

  /// In what is about to execute another program: all of them survive it.
  void pass_on() const;
  /// What is open at the numbers is held, and survives no exec: after one that passed it on, and where that
  /// failed.
  void find();

private:
  std::bitset<wire::hold_slots> held_;
};

} // namespace holdfast::anchor
