#include "linux/pidfd.h"

#include <cerrno>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::linux_os {

Result<Fd> open_pidfd(int pid) {
  // The raw call: glibc has a wrapper since 2.36 only.
  Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!fd.valid()) return system_error("pidfd_open " + std::to_string(pid), errno);
  return fd;
}

bool holds_pid(int pidfd) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0U) == 0 || errno != ESRCH;
}

Status send_signal(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0U) == 0 || errno == ESRCH) return Done{};
  return system_error("pidfd_send_signal", errno);
}

} // namespace holdfast::linux_os
