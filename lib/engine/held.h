#pragma once

#include "base/fd.h"
#include "wire/held.h"

#include <cstdint>
#include <map>

namespace holdfast::engine {

/// What the engines before this one left with the anchor (wire/held.h), for this one to take over. What is
/// not taken is closed here with this; the anchor keeps its own copy.
class Held {
public:
  Held() = default;
  /// Which of the numbers are open; each is closed at an exec from now on. To be called before anything else
  /// opens a descriptor.
  [[nodiscard]] static Held find();

  [[nodiscard]] bool has(std::int32_t slot) const { return descriptors_.contains(slot); }
  /// Invalid where nothing is held there.
  [[nodiscard]] Fd take(std::int32_t slot);

private:
  std::map<std::int32_t, Fd> descriptors_; ///< by slot
};

} // namespace holdfast::engine
