#include "base/time.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace holdfast {
namespace {

using namespace std::chrono;

std::string date_and_time(WallTime time) {
  const std::time_t whole = floor<seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts)};
}

std::string decimals(double value, int significant) {
  std::array<char, 40> text{};
  const int n = std::snprintf(text.data(), text.size(), "%.*g", significant, value);
  return {text.data(), static_cast<std::size_t>(n)};
}

std::string two_units(std::int64_t big, const char* big_unit, std::int64_t small, const char* small_unit) {
  std::string text = std::to_string(big) + " " + big_unit;
  if (small != 0) text += " " + std::to_string(small) + " " + small_unit;
  return text;
}

} // namespace

std::string format_utc(WallTime time) {
  const auto micros = duration_cast<microseconds>(time - floor<seconds>(time)).count();
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(micros));
  return date_and_time(time) + fraction.data();
}

std::string format_utc_seconds(WallTime time) {
  return date_and_time(time) + "Z";
}

std::string format_span(Duration span) {
  const double secs = duration<double>(span).count();
  // To the millisecond: what is shorter is noise to a person.
  if (secs < 1) return decimals(std::round(secs * 1000) / 1000, 3) + " s";
  if (secs < 59.95) return decimals(secs, 3) + " s";
  const auto whole = round<seconds>(span).count();
  if (whole < 3600) return two_units(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return two_units(whole / 3600, "h", whole % 3600 / 60, "min");
  return two_units(whole / 86400, "d", whole % 86400 / 3600, "h");
}

} // namespace holdfast
