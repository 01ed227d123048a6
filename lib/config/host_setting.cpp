#include "config/host_setting.h"

#include <algorithm>

namespace holdfast::config {
namespace {

bool is_part_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Parts of letters, digits, underscores and hyphens with single dots between them; at least two.
bool is_setting_name(std::string_view name) {
  bool has_dot = false;
  bool part = false; // what stands before is not a dot
  for (const char c : name) {
    if (c == '.' && !part) return false;
    if (c != '.' && !is_part_char(c)) return false;
    has_dot = has_dot || c == '.';
    part = c != '.';
  }
  return has_dot && part && name.size() <= 200;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

model::Comparison take_comparison(std::string_view& wanted) {
  const std::string_view sign = wanted.substr(0, 2);
  if (sign != ">=" && sign != "<=" && sign != "==") return model::Comparison::equal;
  wanted.remove_prefix(2);
  if (sign == "==") return model::Comparison::equal;
  return sign == ">=" ? model::Comparison::at_least : model::Comparison::at_most;
}

} // namespace

Parsed<model::HostSetting> parse_host_setting(std::string_view name, std::string_view wanted) {
  if (!is_setting_name(name))
    return Flaw{in_quotes(name) + " is not the name of a setting", "as sysctl -a shows it: vm.max_map_count"};
  std::string_view value = trimmed(wanted);
  const model::Comparison comparison = take_comparison(value);
  value = trimmed(value);
  if (value.empty() || value.size() > 200 || value.front() == '>' || value.front() == '<' ||
      value.front() == '=')
    return Flaw{in_quotes(wanted) + " is no value", "write \">=262144\", \"<=10\", or the value alone"};
  if (comparison != model::Comparison::equal && std::holds_alternative<Flaw>(parse_integer(value)))
    return Flaw{in_quotes(value) + " is not a whole number", "only those are more or less"};
  return model::HostSetting{
      .name = std::string(name), .comparison = comparison, .wanted = std::string(value)};
}

} // namespace holdfast::config
