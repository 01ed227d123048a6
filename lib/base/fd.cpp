#include "base/fd.h"

#include <unistd.h>

namespace holdfast {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  // close(2): the descriptor is gone on Linux even where EINTR is reported, so it is never retried.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

} // namespace holdfast
