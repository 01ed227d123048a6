#pragma once

#include "base/fd.h"

#include <cstdint>
#include <string_view>

namespace holdfast::linux_os {

/// As the kernel sees a set of signals (glibc's is larger, and hides two signals): bit N-1 is signal N.
using SignalSet = std::uint64_t;

constexpr SignalSet signal_bit(int signal) {
  return SignalSet{1} << static_cast<unsigned>(signal - 1);
}

/// What a child gets from this process unless it sets it itself: known, so that a child sets only what is to
/// be different. To set all costs a twentieth of a restart.
class Inheritance {
public:
  /// Which signals are ignored is looked at here, once: none is to become ignored later.
  [[nodiscard]] static Inheritance look();

  [[nodiscard]] SignalSet ignored_signals() const { return ignored_; }
  /// Whether our oom_score_adj is this decimal number now. False where it cannot be read.
  [[nodiscard]] bool has_oom_score(std::string_view score) const;

private:
  SignalSet ignored_ = 0;
  Fd oom_score_; ///< kept open, for somebody may change it (choom(1))
};

} // namespace holdfast::linux_os
