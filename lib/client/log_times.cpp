#include "client/log_times.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <unistd.h>

namespace holdfast::client {
namespace {

constexpr std::size_t looked_at = 64U << 10;

/// The first line may be the end of one that was cut by a rotation, and has no time then; so may what stands
/// before the first newline of a piece of a file.
Times times_of(std::string_view text, bool from_line_start) {
  bool lines = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) break;
    if (begin > 0 || from_line_start) {
      if (!leading_time(text.substr(begin, end - begin)).empty()) return Times::there;
      lines = true;
    }
    begin = end + 1;
  }
  return lines ? Times::none : Times::not_known;
}

Result<Times> times_at_end(const LogBytes& bytes) {
  const off_t size = ::lseek(bytes.fd(), 0, SEEK_END);
  if (size < 0) return system_error(bytes.path(), errno);
  const off_t from = std::max<off_t>(size - static_cast<off_t>(looked_at), 0);
  std::string text(looked_at, '\0');
  const ssize_t n = ::pread(bytes.fd(), text.data(), text.size(), from);
  if (n < 0) return system_error(bytes.path(), errno);
  return times_of(std::string_view(text).substr(0, static_cast<std::size_t>(n)), from == 0);
}

Result<Times> times_at_beginning(LogBytes& bytes) {
  std::string text(looked_at, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto n = bytes.read(std::span(text).subspan(size));
    if (!n) return n.error();
    if (n.value() == 0) break;
    size += n.value();
  }
  return times_of(std::string_view(text).substr(0, size), true);
}

} // namespace

std::string_view leading_time(std::string_view line) {
  constexpr std::string_view shape = "0000-00-00T00:00:00.000000Z";
  if (line.size() < shape.size()) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = line[i] >= '0' && line[i] <= '9';
    if (shape[i] == '0' ? !digit : line[i] != shape[i]) return {};
  }
  return line.substr(0, shape.size());
}

Result<Times> times_in(LogBytes& bytes) {
  auto found = bytes.is_plain() ? times_at_end(bytes) : Result<Times>(Times::not_known);
  if (auto at_start = bytes.rewind(); !at_start) return at_start.error();
  if (!found || found.value() != Times::not_known) return found;
  found = times_at_beginning(bytes);
  if (auto at_start = bytes.rewind(); !at_start) return at_start.error();
  return found;
}

} // namespace holdfast::client
