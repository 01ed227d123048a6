#include "engine/mount_watch.h"

#include <cerrno>
#include <fcntl.h>

namespace holdfast::engine {

Status MountWatch::open() {
  const char* path = "/proc/self/mountinfo";
  Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return system_error(path, errno);
  boost::system::error_code error;
  mounts_.assign(fd.get(), error);
  if (error) return system_error(path, error.value());
  static_cast<void>(fd.release());
  wait();
  return Done{};
}

void MountWatch::wait() {
  // The kernel says POLLPRI once for each change or more.
  mounts_.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                     [this](boost::system::error_code error) {
                       if (error) return;
                       changed_();
                       wait();
                     });
}

} // namespace holdfast::engine
