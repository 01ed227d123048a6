#include "linux/host_setting.h"

#include "base/file.h"
#include "base/number.h"
#include "linux/utf8.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>

namespace holdfast::linux_os {
namespace {

/// Words with one space between them: the kernel separates numbers by tabs.
std::string tidied(const std::string& text) {
  std::istringstream in(text);
  std::string all;
  for (std::string one; in >> one;)
    all += (all.empty() ? "" : " ") + one;
  return all;
}

bool is_met(const model::HostSetting& setting, const std::string& value) {
  const auto is = whole_number<std::int64_t>(value);
  const auto wanted = whole_number<std::int64_t>(setting.wanted);
  switch (setting.comparison) {
  case model::Comparison::at_least: return is && wanted && *is >= *wanted;
  case model::Comparison::at_most: return is && wanted && *is <= *wanted;
  case model::Comparison::equal: return is && wanted ? *is == *wanted : value == tidied(setting.wanted);
  }
  return false;
}

} // namespace

std::string unmet(const model::HostSetting& setting, const std::string& value) {
  constexpr std::size_t longest_shown = 100;
  const std::string is = tidied(value);
  if (is_met(setting, is)) return {};
  return "it is " + harmless(is, longest_shown) + "; `sysctl -w " + setting.name + "=" + setting.wanted +
         "` sets it, a file in /etc/sysctl.d keeps it";
}

std::string unmet(const model::HostSetting& setting) {
  constexpr std::size_t most_bytes = 4096;
  std::string path = setting.name;
  std::replace(path.begin(), path.end(), '.', '/');
  const auto value = read_file("/proc/sys/" + path, most_bytes);
  if (!value) return value.error().what;
  return unmet(setting, value.value());
}

} // namespace holdfast::linux_os
