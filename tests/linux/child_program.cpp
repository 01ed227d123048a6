// What the tests spawn: tells about itself what only it can tell, without a shell in between.
//   cat FILE…       copies the files to stdout
//   environment     its environment, one variable a line
//   descriptors     its open descriptors, "NUMBER TARGET" a line
//   sockets         of descriptors 3 and up, "NUMBER PORT blocking|non-blocking" a line
//   self            pid, parent, session, umask and directory
//   pause           waits for a signal for ever
//   exit CODE

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace {

std::string target(int fd) {
  char text[4096];
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text, sizeof text);
  return n < 0 ? std::string() : std::string(text, static_cast<std::size_t>(n));
}

void print_descriptors() {
  for (int fd = 0; fd < 4096; ++fd)
    if (const std::string text = target(fd); !text.empty()) std::cout << fd << ' ' << text << '\n';
}

void print_sockets() {
  for (int fd = 3; ::fcntl(fd, F_GETFD) >= 0; ++fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::cout << fd << ' ' << ntohs(address.sin_port) << ' '
              << ((::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 ? "blocking" : "non-blocking") << '\n';
  }
}

void print_self() {
  const mode_t mask = ::umask(0);
  char directory[4096];
  std::cout << "pid " << ::getpid() << "\nparent " << ::getppid() << "\nsession " << ::getsid(0) << "\numask "
            << std::oct << mask << std::dec << "\ndirectory "
            << (::getcwd(directory, sizeof directory) != nullptr ? directory : "?") << '\n';
}

} // namespace

int main(int count, char** words) {
  const std::vector<std::string_view> arguments(words, words + count);
  const std::string_view verb = count > 1 ? arguments[1] : "";
  if (verb == "cat")
    for (int i = 2; i < count; ++i)
      std::cout << std::ifstream(words[i]).rdbuf();
  else if (verb == "environment")
    for (char** variable = environ; *variable != nullptr; ++variable)
      std::cout << *variable << '\n';
  else if (verb == "descriptors")
    print_descriptors();
  else if (verb == "sockets")
    print_sockets();
  else if (verb == "self")
    print_self();
  else if (verb == "pause")
    for (;;)
      ::pause();
  else if (verb == "exit" && count > 2)
    return std::atoi(words[2]);
  else
    return 64;
  return 0;
}
