#include "linux/log_stamp.h"

#include <algorithm>

namespace holdfast::linux_os {

std::size_t stamp_lines(std::string_view raw, const StampRules& rules, std::string& text) {
  const std::size_t before = text.size();
  const auto written = [&] { return text.size() - before; };
  std::size_t used = 0;
  bool at_line_start = !rules.continues;
  while (used < raw.size()) {
    if (at_line_start) text += rules.stamp;
    const std::size_t newline = raw.find('\n', used);
    const std::size_t whole = (newline == std::string_view::npos ? raw.size() : newline + 1) - used;
    const std::uint64_t left =
        rules.room_without_newline - std::min<std::uint64_t>(written(), rules.room_without_newline);
    const std::size_t taken = std::min<std::uint64_t>(whole, std::max<std::uint64_t>(left, 1));
    text += raw.substr(used, taken);
    used += taken;
    if (taken < whole) break;
    at_line_start = newline != std::string_view::npos;
    if (at_line_start && written() >= rules.room) break;
  }
  return used;
}

} // namespace holdfast::linux_os
