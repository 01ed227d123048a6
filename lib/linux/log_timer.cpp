#include "linux/log_timer.h"

#include "base/clock.h"

#include <cerrno>
#include <sys/timerfd.h>
#include <unistd.h>

namespace holdfast::linux_os {

LogTimer::LogTimer() : fd_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {}

void LogTimer::set(Duration every) {
  every_ = every;
  renew();
}

void LogTimer::renew() {
  itimerspec when{};
  if (every_ > Duration{}) {
    const auto end = log_period(read_wall(), every_).end.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(end);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = Duration(end - seconds).count();
  }
  // timerfd_create(2): ECANCELED tells that the clock was set, once, to whoever reads or sets next.
  int set = -1;
  do
    set = ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
  while (set != 0 && errno == ECANCELED);
}

} // namespace holdfast::linux_os
