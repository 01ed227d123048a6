#include "anchor/signals.h"

#include "anchor/numbers.h"

#include <cerrno>
#include <csignal>
#include <sys/signalfd.h>

namespace holdfast::anchor {

Status take_signals() {
  // Whoever read our messages may be gone: that must not end what holds the stack.
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
    ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return system_error("sigprocmask", errno);
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return system_error("signalfd", errno);
  return place(fd, signals_fd);
}

void restore_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  // In a background process group a terminal with `tostop` would stop us at our first line.
  ::signal(SIGTTOU, SIG_IGN);
}

} // namespace holdfast::anchor
