// bench_child SOCKET INDEX: tells the time of its first instruction in a datagram to SOCKET, and waits for
// ever. Static: the kernel starts it without a loader, so main is as near to the first instruction as C++
// comes.

#include "birth.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char** words) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  sockaddr_un address{};
  if (count != 3 || std::strlen(words[1]) >= sizeof address.sun_path) return 64;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, words[1], std::strlen(words[1]));
  const holdfast::bench::Birth birth{.mono_ns = now.tv_sec * 1'000'000'000 + now.tv_nsec,
                                     .pid = ::getpid(),
                                     .index =
                                         static_cast<std::uint32_t>(std::strtoul(words[2], nullptr, 10))};
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::sendto(fd, &birth, sizeof birth, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    return 1;
  for (;;)
    ::pause();
}
