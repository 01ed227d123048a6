#pragma once

#include "base/fd.h"
#include "linux/log_period.h"

namespace holdfast::linux_os {

/// Its descriptor is readable when the present period is over, and when somebody set the clock, which may
/// make it another period.
class LogTimer {
public:
  LogTimer();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool valid() const { return fd_.valid(); }

  /// As log_period() has it; zero: never.
  void set(Duration every);
  /// Not readable any more, but at the end of the period that is present now.
  void renew();

private:
  Fd fd_;
  Duration every_{};
};

} // namespace holdfast::linux_os
