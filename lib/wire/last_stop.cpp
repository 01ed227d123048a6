#include "wire/last_stop.h"

#include <cerrno>
#include <cstddef>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::wire {
namespace {

Error another_build() {
  return Error{"the shared table is laid out for another build: only a restart of the daemon brings this one",
               EPROTO};
}

} // namespace

Result<int> make_last_stop() {
  const int fd = ::memfd_create("holdfast-last-stop", MFD_CLOEXEC);
  if (fd < 0) return system_error("memfd_create", errno);
  const std::uint32_t layout = last_stop_layout;
  static_assert(offsetof(LastStopTable, layout) == 0);
  if (::ftruncate(fd, sizeof(LastStopTable)) == 0 && ::pwrite(fd, &layout, sizeof layout, 0) == sizeof layout)
    return fd;
  const int error = errno;
  ::close(fd);
  return system_error("the shared table", error);
}

Result<LastStopTable*> map_last_stop(int fd) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) return system_error("fstat", errno);
  if (file.st_size != sizeof(LastStopTable)) return another_build();
  void* memory = ::mmap(nullptr, sizeof(LastStopTable), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return system_error("mmap", errno);
  auto* const table = static_cast<LastStopTable*>(memory);
  if (table->layout == last_stop_layout) return table;
  ::munmap(memory, sizeof(LastStopTable));
  return another_build();
}

} // namespace holdfast::wire
