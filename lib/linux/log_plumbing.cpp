#include "linux/log_plumbing.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::linux_os {

Result<LogPlumbing> LogPlumbing::make() {
  LogPlumbing plumbing;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_error("pipe", errno);
  plumbing.scratch_read_ = Fd(ends[0]);
  plumbing.scratch_write_ = Fd(ends[1]);
  // A pipe is counted in pieces, not in bytes: room for as many small ones as a service's pipe may hold. Less
  // will do.
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  plumbing.null_ = Fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!plumbing.null_.valid()) return system_error("/dev/null", errno);
  return plumbing;
}

std::optional<std::string_view> LogPlumbing::peek(int pipe, std::size_t most) {
  const ssize_t copied = ::tee(pipe, scratch_write_.get(), std::min(most, buffer_.size()), SPLICE_F_NONBLOCK);
  if (copied == 0) return std::nullopt;
  if (copied < 0) return std::string_view();
  std::size_t have = 0;
  while (have < static_cast<std::size_t>(copied)) {
    const ssize_t n = ::read(scratch_read_.get(), buffer_.data() + have, buffer_.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  return std::string_view(buffer_.data(), have);
}

void LogPlumbing::consume(int pipe, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t n = ::splice(pipe, nullptr, null_.get(), nullptr, bytes, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes -= static_cast<std::size_t>(n);
  }
}

} // namespace holdfast::linux_os
