#pragma once
// The periods that log files are put aside by, as people count them where the machine stands: days from
// midnight to midnight, an hour longer or shorter where summer time begins or ends.

#include "base/time.h"

namespace holdfast::linux_os {

/// From `begin` on, before `end`.
struct LogPeriod {
  WallTime begin{};
  WallTime end{};
  [[nodiscard]] bool has(WallTime time) const { return begin <= time && time < end; }
};

/// The period that `at` lies in. `every`: below a day, then it is counted from each local midnight on and the
/// day's last period ends with the day; or whole days (what is over is passed over), counted from 1970-01-01.
/// The zone is that of localtime(3).
[[nodiscard]] LogPeriod log_period(WallTime at, Duration every);

} // namespace holdfast::linux_os
