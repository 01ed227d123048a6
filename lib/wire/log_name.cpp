#include "wire/log_name.h"

#include "wire/control.h"

#include <algorithm>
#include <chrono>

namespace holdfast::wire {
namespace {

using namespace std::chrono;

constexpr std::string_view of_logs = ".log";
constexpr std::string_view between = ".log-";
constexpr std::string_view temporary = ".tmp";

constexpr std::string_view ending_of(Compression compression) {
  switch (compression) {
  case Compression::none: return "";
  case Compression::zstd: return ".zst";
  case Compression::gzip: return ".gz";
  }
  return "";
}

bool take_ending(std::string_view& text, std::string_view ending) {
  if (!text.ends_with(ending)) return false;
  text.remove_suffix(ending.size());
  return true;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits)
    value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

std::optional<WallTime> moment_of(std::string_view text) {
  constexpr std::string_view form = "ddddddddTdddddd.ddddddZ";
  if (text.size() != form.size() ||
      !std::equal(text.begin(), text.end(), form.begin(),
                  [](char is, char wanted) { return wanted == 'd' ? is_digit(is) : is == wanted; }))
    return std::nullopt;
  const year_month_day day{year(static_cast<int>(number(text.substr(0, 4)))),
                           month(number(text.substr(4, 2))), std::chrono::day(number(text.substr(6, 2)))};
  const unsigned hour = number(text.substr(9, 2));
  const unsigned minute = number(text.substr(11, 2));
  const unsigned second = number(text.substr(13, 2));
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  // What nanoseconds since 1970 cannot tell is no moment of ours either.
  if (day.year() < year(1970) || day.year() > year(2200)) return std::nullopt;
  return WallTime(sys_days(day)) + hours(hour) + minutes(minute) + seconds(second) +
         microseconds(number(text.substr(16, 6)));
}

} // namespace

std::string current_log(std::string_view service) {
  return std::string(service).append(of_logs);
}

LogName log_put_aside(std::string_view service, WallTime moment) {
  LogName name;
  name.service = service;
  name.moment = as_in_names(format_utc(moment));
  name.put_aside = moment;
  return name;
}

std::string as_in_names(std::string_view time) {
  std::string text(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::optional<LogName> parse_log_name(std::string_view text) {
  LogName name;
  name.unfinished = take_ending(text, temporary);
  for (const auto compression : {Compression::zstd, Compression::gzip})
    if (name.compression == Compression::none && take_ending(text, ending_of(compression)))
      name.compression = compression;
  if (name.unfinished && name.compression == Compression::none) return std::nullopt;
  const auto at = text.find(between);
  if (at == std::string_view::npos || !is_service_name(text.substr(0, at))) return std::nullopt;
  name.service = text.substr(0, at);
  name.moment = text.substr(at + between.size());
  const auto moment = moment_of(name.moment);
  if (!moment) return std::nullopt;
  name.put_aside = *moment;
  return name;
}

std::string text_of(const LogName& name) {
  std::string text = name.service + std::string(between) + name.moment;
  text += ending_of(name.compression);
  if (name.unfinished) text += temporary;
  return text;
}

LogName as(LogName name, Compression compression) {
  name.compression = compression;
  name.unfinished = false;
  return name;
}

LogName unfinished(LogName name) {
  name.unfinished = true;
  return name;
}

} // namespace holdfast::wire
