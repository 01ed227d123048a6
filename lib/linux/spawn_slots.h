#pragma once

#include "base/fd.h"
#include "base/result.h"

namespace holdfast::linux_os {

/// Two descriptors with low numbers, kept for the streams of whatever is spawned next. A child that finds its
/// streams there shares our table of descriptors first and then keeps a private copy of its low end only: to
/// copy thousands of descriptors and close them again at exec costs a tenth of a restart. Reserve it before
/// much else is open. One spawn at a time.
class SpawnSlots {
public:
  [[nodiscard]] static Result<SpawnSlots> reserve();

  /// Puts copies of the streams (-1: /dev/null) into the slots.
  [[nodiscard]] Status fill(int input, int output) const;
  /// Lets go of them, so that a pipe ends when its writers do.
  void clear() const;

  [[nodiscard]] int input() const { return input_.get(); }
  [[nodiscard]] int output() const { return output_.get(); }
  /// The number above all slots.
  [[nodiscard]] unsigned end() const;

private:
  Fd null_;
  Fd input_;
  Fd output_;
};

} // namespace holdfast::linux_os
