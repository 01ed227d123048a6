#include "engine/lock.h"

#include "base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace holdfast::engine {

namespace {

/// ", by process 4711"; nothing in the moment between its lock and its writing.
std::string by_holder(int fd) {
  const auto holder = read_all(fd, 64);
  return holder && !holder.value().empty() ? ", by process " + holder.value() : std::string();
}

} // namespace

Result<Fd> take_lock(const std::string& path, int owner) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return system_error(path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, errno);
    return Error{"this stack is run already" + by_holder(fd.get()) + " (" + path +
                     "); stop that one first, or give this one its own stack.name and stack.runtime",
                 EWOULDBLOCK};
  }
  const std::string text = std::to_string(owner);
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), text.data(), text.size(), 0) < 0)
    return system_error(path, errno);
  return fd;
}

} // namespace holdfast::engine
