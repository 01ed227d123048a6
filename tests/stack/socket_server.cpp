// A server that listens nowhere itself: it accepts on the sockets that it is passed as LISTEN_FDS, answers
// each connection with its pid and a newline, and closes it. At SIGTERM it ends after the connection under
// way.

#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

volatile std::sig_atomic_t ending = 0;

int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

void answer(int listener) {
  const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) ::_exit(1);
  ::close(connection);
}

} // namespace

int main() {
  // As sd_listen_fds(3) has it: sockets that are meant for somebody else are not ours.
  if (number_in("LISTEN_PID") != ::getpid()) return 64;
  std::vector<pollfd> sockets;
  for (int i = 0; i < number_in("LISTEN_FDS"); ++i)
    sockets.push_back({.fd = 3 + i, .events = POLLIN, .revents = 0});
  struct sigaction action {};
  action.sa_handler = [](int) { ending = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  sigset_t terminate;
  ::sigemptyset(&terminate);
  ::sigaddset(&terminate, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &terminate, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  while (ending == 0) {
    if (::ppoll(sockets.data(), sockets.size(), nullptr, &none) <= 0) continue;
    for (const pollfd& socket : sockets)
      if ((socket.revents & POLLIN) != 0) answer(socket.fd);
  }
  return 0;
}
