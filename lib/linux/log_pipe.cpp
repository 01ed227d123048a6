#include "linux/log_capture.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr int wanted_bytes = 1 << 20;

} // namespace

Result<LogPipe> LogPipe::make() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", errno);
  LogPipe pipe{.read = Fd(ends[0]), .write = Fd(ends[1])};
  // Not for speed: it is what a service can write while nobody reads. Less is no error, an ordinary user may
  // have used up what the system allows.
  ::fcntl(ends[1], F_SETPIPE_SZ, wanted_bytes);
  // The read end alone; O_NONBLOCK on the write end would be the service's, which does not expect it.
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return system_error("O_NONBLOCK", errno);
  return pipe;
}

} // namespace holdfast::linux_os
