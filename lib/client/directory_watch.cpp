#include "client/directory_watch.h"

#include <array>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace holdfast::client {

Fd watch_directory(const std::string& directory) {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (fd.valid()) ::inotify_add_watch(fd.get(), directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO);
  return fd;
}

void wait_for_change(const Fd& watch, std::chrono::milliseconds most) {
  pollfd wait{.fd = watch.get(), .events = POLLIN, .revents = 0};
  static_cast<void>(::poll(&wait, 1, static_cast<int>(most.count())));
  std::array<char, 4096> events;
  while (::read(watch.get(), events.data(), events.size()) > 0) {
  }
}

} // namespace holdfast::client
