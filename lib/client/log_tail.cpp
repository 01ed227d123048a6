#include "client/log_tail.h"

#include "client/line_window.h"

#include <cerrno>
#include <string>
#include <unistd.h>

namespace holdfast::client {
namespace {

constexpr std::size_t tail_block = 64U << 10;

/// From its end backwards, without a look at what is before.
Result<LogTail> find_backwards(const LogBytes& bytes, std::uint64_t last) {
  const off_t size = ::lseek(bytes.fd(), 0, SEEK_END);
  if (size < 0) return system_error(bytes.path(), errno);
  std::string block(tail_block, '\0');
  LogTail tail;
  const auto end = static_cast<std::uint64_t>(size);
  const auto leave_at = [&](std::uint64_t offset) -> Result<LogTail> {
    if (::lseek(bytes.fd(), static_cast<off_t>(offset), SEEK_SET) < 0)
      return system_error(bytes.path(), errno);
    return tail;
  };
  if (last == 0) return leave_at(end);
  for (std::uint64_t at = end; at > 0;) {
    const std::uint64_t from = at > tail_block ? at - tail_block : 0;
    const ssize_t n = ::pread(bytes.fd(), block.data(), at - from, static_cast<off_t>(from));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(bytes.path(), errno);
    for (std::uint64_t i = static_cast<std::uint64_t>(n); i > 0; --i) {
      const std::uint64_t behind = from + i; // of the byte that is looked at
      if (block[i - 1] != '\n' || behind == end) continue;
      if (++tail.lines == last) return leave_at(behind);
    }
    at = from;
  }
  tail.lines += end > 0 ? 1 : 0;
  return leave_at(0);
}

/// By counting them: what is compressed has no other end, and which lines are wanted is seen on no other way.
Result<LogTail> find_by_count(LogBytes& bytes, const LineFilter& filter, std::uint64_t last) {
  LogTail tail;
  LineWindow window(filter);
  for (;;) {
    while (window.next())
      ++tail.lines;
    const auto n = bytes.read(window.room());
    if (!n) tail.trouble = n.error();
    if (!n || n.value() == 0) break;
    window.filled(n.value());
  }
  if (window.rest()) ++tail.lines;
  tail.skip = tail.lines > last ? tail.lines - last : 0;
  tail.lines -= tail.skip;
  if (auto rewound = bytes.rewind(); !rewound) return rewound.error();
  return tail;
}

} // namespace

Result<LogTail> find_tail(LogBytes& bytes, const LineFilter& filter, std::uint64_t last) {
  return bytes.is_plain() && filter.takes_all() ? find_backwards(bytes, last)
                                                : find_by_count(bytes, filter, last);
}

} // namespace holdfast::client
