// What an anchor of these tests executes as its engine: asks at the socket $HOLDFAST_CHAOS_TRACER, whose
// other end may become its tracer before it answers, and then executes the real engine,
// $HOLDFAST_CHAOS_ENGINE, with the same arguments and descriptors.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int, char** words) {
  const char* const tracer = std::getenv("HOLDFAST_CHAOS_TRACER");
  char* const engine = std::getenv("HOLDFAST_CHAOS_ENGINE");
  if (tracer == nullptr || engine == nullptr) return 64;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, tracer, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  char go = 0;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::read(fd, &go, 1) != 1) {
    std::perror("traced engine: no tracer");
    return 65;
  }
  words[0] = engine;
  ::execv(engine, words);
  std::perror(engine);
  return 127;
}
