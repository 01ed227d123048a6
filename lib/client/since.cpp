#include "client/since.h"

#include <charconv>
#include <cstdint>

namespace holdfast::client {
namespace {

using namespace std::chrono;

/// Takes exactly `digits` digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  const std::string_view front = text.substr(0, digits);
  const auto [end, bad] = std::from_chars(front.data(), front.data() + front.size(), value);
  if (front.size() < digits || bad != std::errc{} || end != front.data() + digits || front[0] == '-')
    return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Duration> span_of(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::int64_t most = 1'000'000;
  if (bad != std::errc{} || count < 0 || count > most || end + 1 != text.data() + text.size())
    return std::nullopt;
  switch (*end) {
  case 's': return seconds(count);
  case 'm': return minutes(count);
  case 'h': return hours(count);
  case 'd': return count > 36500 ? std::nullopt : std::optional<Duration>(days(count));
  }
  return std::nullopt;
}

/// What stands behind the point, as far as nanoseconds tell it.
Duration take_fraction(std::string_view& text) {
  Duration fraction{};
  Duration digit = seconds(1);
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1))
    fraction += (text.front() - '0') * (digit /= 10);
  return fraction;
}

/// "06:53", "06:53:30", "06:53:30.5", and a Z behind it.
std::optional<Duration> time_of_day(std::string_view text) {
  const auto hour = take_number(text, 2);
  if (!hour || !skip(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  if (skip(text, ':')) second = take_number(text, 2);
  Duration fraction{};
  if (second && skip(text, '.')) fraction = take_fraction(text);
  static_cast<void>(skip(text, 'Z'));
  if (!second || !text.empty() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return hours(*hour) + minutes(*minute) + seconds(*second) + fraction;
}

std::optional<sys_days> take_date(std::string_view& text) {
  const auto y = take_number(text, 4);
  if (!y || !skip(text, '-')) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !skip(text, '-')) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date = year(*y) / month(static_cast<unsigned>(*m)) / day(static_cast<unsigned>(*d));
  // Within what 64 bits of nanoseconds hold.
  if (!date.ok() || *y < 1970 || *y > 2200) return std::nullopt;
  return sys_days(date);
}

} // namespace

std::optional<WallTime> moment_of(std::string_view text, WallTime now) {
  const sys_days today = floor<days>(now);
  if (text == "now") return now;
  if (text == "today") return today;
  if (text == "yesterday") return today - days(1);
  if (const auto span = span_of(text)) return now - *span;
  if (const auto time = time_of_day(text))
    return today + *time <= now ? today + *time : today - days(1) + *time;
  const auto date = take_date(text);
  if (!date || text.empty()) return date;
  if (!skip(text, 'T') && !skip(text, ' ')) return std::nullopt;
  const auto time = time_of_day(text);
  return time ? std::optional<WallTime>(*date + *time) : std::nullopt;
}

} // namespace holdfast::client
