#include "wire/last_stop.h"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace holdfast::wire {

Result<int> make_last_stop() {
  const int fd = ::memfd_create("holdfast-last-stop", MFD_CLOEXEC);
  if (fd < 0) return system_error("memfd_create", errno);
  if (::ftruncate(fd, sizeof(LastStopTable)) == 0) return fd;
  const int error = errno;
  ::close(fd);
  return system_error("ftruncate", error);
}

Result<LastStopTable*> map_last_stop(int fd) {
  void* memory = ::mmap(nullptr, sizeof(LastStopTable), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return system_error("mmap", errno);
  return static_cast<LastStopTable*>(memory);
}

} // namespace holdfast::wire
