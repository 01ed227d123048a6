#include "linux/log_plumbing.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace holdfast::linux_os {

Result<LogPlumbing> LogPlumbing::make(int pipe_size) {
  LogPlumbing plumbing;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_error("pipe", errno);
  plumbing.scratch_read_ = Fd(ends[0]);
  plumbing.scratch_write_ = Fd(ends[1]);
  // It may not become larger where an ordinary user has used up what the system allows; it then is smaller.
  const int before = ::fcntl(ends[1], F_GETPIPE_SZ);
  if (::fcntl(ends[1], F_SETPIPE_SZ, pipe_size) < 0 && before > pipe_size)
    return system_error("scratch pipe of the logs", errno);
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

std::size_t bytes_waiting_in(int pipe) {
  int bytes = 0;
  return ::ioctl(pipe, FIONREAD, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

} // namespace holdfast::linux_os
