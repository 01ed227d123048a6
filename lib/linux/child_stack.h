#pragma once

#include <cstddef>
#include <sys/mman.h>

namespace holdfast::linux_os {

/// A stack for a child that shares our memory, with a guard below it that may not be touched. One child at a
/// time.
class ChildStack {
public:
  ChildStack()
      : base_(::mmap(nullptr, guard + usable, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    ready_ = base_ != MAP_FAILED && ::mprotect(bottom(), usable, PROT_READ | PROT_WRITE) == 0;
  }
  ~ChildStack() {
    if (base_ != MAP_FAILED) ::munmap(base_, guard + usable);
  }
  ChildStack(const ChildStack&) = delete;
  ChildStack& operator=(const ChildStack&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] char* bottom() const { return static_cast<char*>(base_) + guard; }

  static constexpr std::size_t usable = 64U << 10U;

private:
  static constexpr std::size_t guard = 64U << 10U; // a page of any size
  void* base_;
  bool ready_ = false;
};

} // namespace holdfast::linux_os
