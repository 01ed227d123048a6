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

  /// In the child that becomes the engine: all of them survive the exec.
  void pass_on() const;

private:
  std::bitset<wire::hold_slots> held_;
};

} // namespace holdfast::anchor
