#include "linux/pressure.h"

#include "base/file.h"

#include <charconv>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 4096;

/// Of the line that begins with `head`.
std::optional<double> avg10(std::string_view text, std::string_view head) {
  const std::string start = std::string(head) + " avg10=";
  const std::size_t at = text.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  const char* const begin = text.data() + at + start.size();
  double value = 0;
  const auto [end, bad] = std::from_chars(begin, text.data() + text.size(), value, std::chars_format::fixed);
  if (bad != std::errc{}) return std::nullopt;
  return value;
}

} // namespace

std::optional<Pressure> parse_pressure(std::string_view text) {
  const auto some = avg10(text, "some");
  if (!some) return std::nullopt;
  return Pressure{.some = *some, .full = avg10(text, "full").value_or(0)};
}

std::optional<Pressure> pressure_of(const std::string& cgroup, const std::string& file) {
  const auto text = read_file(cgroup + "/" + file, most_bytes);
  return text ? parse_pressure(text.value()) : std::nullopt;
}

} // namespace holdfast::linux_os
