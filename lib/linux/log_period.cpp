#include "linux/log_period.h"

#include <algorithm>
#include <ctime>

namespace holdfast::linux_os {
namespace {

constexpr Duration day = std::chrono::hours(24);

WallTime wall(std::time_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

std::tm local(WallTime at) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

/// Days since 1970-01-01, of a date.
std::int64_t number_of(std::tm date) {
  date.tm_hour = date.tm_min = date.tm_sec = 0;
  return static_cast<std::int64_t>(::timegm(&date)) / (24 * 60 * 60);
}

/// The local midnight that begins that day; where the clock leaps over it, the moment after the leap.
WallTime midnight(std::int64_t number) {
  std::tm date{};
  date.tm_year = 70;
  date.tm_mday = static_cast<int>(1 + number);
  date.tm_isdst = -1;
  return wall(::mktime(&date));
}

LogPeriod days(WallTime at, std::int64_t many) {
  const std::int64_t today = number_of(local(at));
  const std::int64_t first = today - today % many;
  const LogPeriod found{midnight(first), midnight(first + many)};
  // Where midnight does not exist the C library may put it an hour before the day that it begins.
  if (at >= found.end) return {found.end, midnight(first + 2 * many)};
  if (at < found.begin) return {midnight(first - many), found.begin};
  return found;
}

} // namespace

LogPeriod log_period(WallTime at, Duration every) {
  if (every >= day) return days(at, every / day);
  const LogPeriod today = days(at, 1);
  const WallTime begin = today.begin + (at - today.begin) / every * every;
  return {begin, std::min(begin + every, today.end)};
}

} // namespace holdfast::linux_os
