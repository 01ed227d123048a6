#pragma once

#include "base/time.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace holdfast::model {

/// The next deadline of each of a fixed number of owners: an indexed heap, so that changing one costs O(log
/// n) and nothing is left behind.
class Deadlines {
public:
  explicit Deadlines(std::size_t owners);

  /// `never` takes the owner out.
  void set(std::uint32_t owner, MonoTime due);
  [[nodiscard]] MonoTime next() const { return heap_.empty() ? never : due_[heap_.front()]; }
  /// The owner whose deadline is next(). Precondition: next() is not never.
  [[nodiscard]] std::uint32_t first() const { return heap_.front(); }

private:
  /// Among equals the lower owner, so that the order does not depend on what was set before.
  [[nodiscard]] bool sooner(std::size_t a, std::size_t b) const {
    return std::pair(due_[heap_[a]], heap_[a]) < std::pair(due_[heap_[b]], heap_[b]);
  }
  void place(std::size_t slot, std::uint32_t owner);
  void rise(std::size_t slot);
  void sink(std::size_t slot);
  void remove(std::size_t slot);

  std::vector<MonoTime> due_;     ///< by owner
  std::vector<std::size_t> slot_; ///< by owner: its place in heap_, or absent
  std::vector<std::uint32_t> heap_;
};

} // namespace holdfast::model
