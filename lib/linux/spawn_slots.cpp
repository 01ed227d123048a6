#include "linux/spawn_slots.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

Status copy(int from, int to) {
  // EBADF: our limit was lowered below the number, which is a shortage like any other.
  if (::dup3(from, to, O_CLOEXEC) < 0) return system_error("dup3", errno == EBADF ? EMFILE : errno);
  return Done{};
}

} // namespace

Result<SpawnSlots> SpawnSlots::reserve() {
  SpawnSlots slots;
  for (Fd* fd : {&slots.null_, &slots.input_, &slots.output_}) {
    const Fd opened(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!opened.valid()) return system_error("/dev/null", errno);
    // Above the standard streams, which a child's table begins with.
    *fd = Fd(::fcntl(opened.get(), F_DUPFD_CLOEXEC, 3));
    if (!fd->valid()) return system_error("/dev/null", errno);
  }
  return slots;
}

Status SpawnSlots::fill(int input, int output) const {
  if (auto filled = copy(input >= 0 ? input : null_.get(), input_.get()); !filled) return filled;
  return copy(output >= 0 ? output : null_.get(), output_.get());
}

void SpawnSlots::clear() const {
  // Cannot fail: both are open, and nothing new is needed.
  static_cast<void>(fill(-1, -1));
}

unsigned SpawnSlots::end() const {
  return static_cast<unsigned>(std::max(input_.get(), output_.get())) + 1;
}

} // namespace holdfast::linux_os
