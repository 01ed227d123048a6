// holdfast-observer: looks at network peers for the engine, which starts it with its end of a socket pair as
// standard input (wire/observer.h). It isolates itself before it reads the first question.

#include "observer/isolation.h"
#include "observer/observer.h"
#include "observer/protocols.h"
#include "wire/observer.h"

#include <cstdio>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace holdfast;

constexpr int trouble = 1;
constexpr int usage = 2;

bool has(int option, int wanted) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(wire::observer_socket_fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

Status observe() {
  if (auto isolated = observer::isolate(); !isolated) return isolated.error().in("cannot isolate itself");
  observer::Observer observer(wire::observer_socket_fd, observer::begin_of);
  return observer.run();
}

} // namespace

int main(int argc, char**) {
  // Executed from a descriptor, our name would be its number to ps(1).
  ::prctl(PR_SET_NAME, "holdfast-observer");
  if (argc != 1 || !has(SO_DOMAIN, AF_UNIX) || !has(SO_TYPE, SOCK_SEQPACKET)) {
    std::fputs("holdfast-observer is started by holdfast-engine; say \"holdfast run\"\n", stderr);
    return usage;
  }
  const Status ended = observe();
  if (!ended) std::fprintf(stderr, "holdfast-observer: %s\n", ended.error().what.c_str());
  // Not by exit(3): threads that look up a name may still be at work.
  ::_exit(ended ? 0 : trouble);
}
