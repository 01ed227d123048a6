#include "base/utf8.h"
#include "linux/notify_socket.h"
#include "linux/utf8.h"

#include <charconv>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_status_bytes = 256;

/// Digits and nothing else, from 1 up to what fits.
template <typename Number>
std::optional<Number> positive(std::string_view text) {
  Number number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

void take_assignment(Notification& found, std::string_view name, std::string_view value) {
  if (name == "READY" && value == "1") found.ready = true;
  if (name == "STOPPING" && value == "1") found.stopping = true;
  if (name == "RELOADING" && value == "1") found.reloading = true;
  if (name == "WATCHDOG" && value == "1") found.watchdog = true;
  if (name == "MAINPID") found.main_pid = positive<int>(value);
  if (name == "STATUS") found.status = printable(value, most_status_bytes);
  if (name == "EXTEND_TIMEOUT_USEC")
    if (const auto usec = positive<std::int64_t>(value)) found.extend = std::chrono::microseconds(*usec);
}

} // namespace

std::optional<Notification> parse_notification(std::string_view text) {
  if (text.empty() || text.size() > most_notification_bytes) return std::nullopt;
  if (text.find('\0') != std::string_view::npos || !is_utf8(text)) return std::nullopt;
  Notification found;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos)
      take_assignment(found, line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  }
  return found;
}

} // namespace holdfast::linux_os
