#include "anchor/numbers.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::anchor {

Status clear_numbers() {
  int fd = 0;
  do
    fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd < 0) return system_error("/dev/null", errno);
  if (::close_range(STDERR_FILENO + 1, ~0U, 0) != 0) return system_error("close_range", errno);
  return Done{};
}

bool set_inherited(int descriptor, bool inherited) {
  return ::fcntl(descriptor, F_SETFD, inherited ? 0 : FD_CLOEXEC) == 0;
}

void set_ours_inherited(bool inherited) {
  for (const int ours : {table_fd, engine_program_fd, anchor_program_fd})
    static_cast<void>(set_inherited(ours, inherited));
}

Status place(int descriptor, int number) {
  if (descriptor == number) return Done{};
  if (::dup3(descriptor, number, O_CLOEXEC) < 0) return system_error("dup3", errno);
  ::close(descriptor);
  return Done{};
}

} // namespace holdfast::anchor
