#include "model/deadlines.h"

#include <cstddef>
#include <limits>
#include <utility>

namespace holdfast::model {
namespace {
constexpr std::size_t absent = std::numeric_limits<std::size_t>::max();
}

Deadlines::Deadlines(std::size_t owners) : due_(owners, never), slot_(owners, absent) {
  heap_.reserve(owners);
}

void Deadlines::set(std::uint32_t owner, MonoTime due) {
  if (due_[owner] == due) return;
  const std::size_t slot = slot_[owner];
  due_[owner] = due;
  if (due == never) return remove(slot);
  if (slot == absent) {
    heap_.push_back(owner);
    place(heap_.size() - 1, owner);
    return rise(heap_.size() - 1);
  }
  rise(slot);
  sink(slot_[owner]);
}

void Deadlines::place(std::size_t slot, std::uint32_t owner) {
  heap_[slot] = owner;
  slot_[owner] = slot;
}

void Deadlines::rise(std::size_t slot) {
  while (slot > 0 && sooner(slot, (slot - 1) / 2)) {
    const std::size_t parent = (slot - 1) / 2;
    const std::uint32_t owner = heap_[slot];
    place(slot, heap_[parent]);
    place(parent, owner);
    slot = parent;
  }
}

void Deadlines::sink(std::size_t slot) {
  for (;;) {
    std::size_t child = 2 * slot + 1;
    if (child >= heap_.size()) return;
    if (child + 1 < heap_.size() && sooner(child + 1, child)) ++child;
    if (!sooner(child, slot)) return;
    const std::uint32_t owner = heap_[slot];
    place(slot, heap_[child]);
    place(child, owner);
    slot = child;
  }
}

void Deadlines::remove(std::size_t slot) {
  if (slot == absent) return;
  slot_[heap_[slot]] = absent;
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (slot == heap_.size()) return;
  place(slot, last);
  rise(slot);
  sink(slot_[last]);
}

} // namespace holdfast::model
