#include "linux/log_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <system_error>

namespace holdfast::linux_os {
namespace {

constexpr std::string_view pattern = "00000000T000000.000000Z";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_pattern(std::string_view text) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(),
                    [](char c, char like) { return like == '0' ? is_digit(c) : c == like; });
}

/// Of digits.
int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

} // namespace

std::string log_name(std::string_view service) {
  return std::string(service) + ".log";
}

std::string put_aside_name(std::string_view log, WallTime moment) {
  std::string text = format_utc(moment);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }),
             text.end());
  return std::string(log) + "-" + text;
}

std::optional<WallTime> moment_of(std::string_view log, std::string_view name) {
  if (!name.starts_with(log) || !name.substr(log.size()).starts_with('-')) return std::nullopt;
  const std::string_view text = name.substr(log.size() + 1, pattern.size());
  if (!has_pattern(text)) return std::nullopt;
  std::tm parts{};
  parts.tm_year = number(text.substr(0, 4)) - 1900;
  parts.tm_mon = number(text.substr(4, 2)) - 1;
  parts.tm_mday = number(text.substr(6, 2));
  parts.tm_hour = number(text.substr(9, 2));
  parts.tm_min = number(text.substr(11, 2));
  parts.tm_sec = number(text.substr(13, 2));
  return WallTime(std::chrono::seconds(::timegm(&parts)) +
                  std::chrono::microseconds(number(text.substr(16, 6))));
}

std::optional<WallTime> newest_put_aside(int directory_fd, std::string_view log) {
  namespace fs = std::filesystem;
  std::optional<WallTime> newest;
  std::error_code error;
  const fs::path directory = "/proc/self/fd/" + std::to_string(directory_fd);
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    newest = std::max(newest, moment_of(log, at->path().filename().string()));
  return newest;
}

} // namespace holdfast::linux_os
