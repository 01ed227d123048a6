// The services of the stacks under test; most of them misbehave.
// clang-format off
//   run                  pauses
//   exit CODE            at once
//   ignore               ignores SIGTERM
//   leave                leaves a child that ignores SIGTERM and holds the pipe, and exits 1
//   family FILE          with two descendants in sessions of their own; each appends a line to FILE at SIGTERM
//   farewell FILE        at SIGTERM writes a line and then appends another to FILE
//   notify               READY=1, then pauses
//   quiet                STATUS=waiting; at SIGUSR1 STATUS=still waiting, at SIGUSR2 READY=1
//   flood                500 times STATUS=, then READY=1
//   lines COUNT          writes lines, then pauses
//   environment          writes its environment, then pauses
//   nest                 makes a cgroup below its own and exits 1
//   file PATH            exit 0 if it is there
//   chatty               writes 1 MiB, exit 0
//   blocking             exit 0 if a write to its standard output waits for room
//   binary               writes bytes that are no text, exit 1
//   stopper FILE         writes MAINPID into FILE and sends it SIGUSR1
// clang-format on

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char** environ;

namespace {

[[noreturn]] void pause_for_ever() {
  for (;;)
    ::pause();
}

void notify(const std::string& text) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) std::_Exit(65);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::sendto(fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) <
      0)
    std::_Exit(66);
  ::close(fd);
}

std::string file;

void append_and_exit(int) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
  ::_exit(::write(fd, "SIGTERM\n", 8) == 8 ? 0 : 1);
}

void say_farewell(int signal) {
  if (::write(1, "farewell\n", 9) == 9) append_and_exit(signal);
  ::_exit(1);
}

/// The parent goes on when the child has done its preparation.
template <typename Body>
void with_child(Body body) {
  int ends[2];
  if (::pipe(ends) != 0) std::_Exit(67);
  if (::fork() == 0) {
    body();
    ::setsid();
    if (::write(ends[1], "x", 1) != 1) ::_exit(1);
    pause_for_ever();
  }
  char byte = 0;
  if (::read(ends[0], &byte, 1) != 1) std::_Exit(67);
}

int leave() {
  with_child([] { ::signal(SIGTERM, SIG_IGN); });
  return 1;
}

int family() {
  ::signal(SIGTERM, &append_and_exit);
  with_child([] { with_child([] {}); });
  std::cout << "complete" << std::endl;
  pause_for_ever();
}

int speak_on_signals() {
  ::signal(SIGUSR1, [](int) { notify("STATUS=still waiting"); });
  ::signal(SIGUSR2, [](int) { notify("READY=1"); });
  notify("STATUS=waiting");
  pause_for_ever();
}

int flood() {
  for (int i = 1; i <= 500; ++i)
    notify("STATUS=" + std::to_string(i));
  notify("READY=1");
  pause_for_ever();
}

int nest() {
  std::ifstream cgroups("/proc/self/cgroup");
  for (std::string line; std::getline(cgroups, line);)
    if (line.starts_with("0::")) return ::mkdir((file + line.substr(3) + "/own").c_str(), 0755) == 0 ? 1 : 68;
  return 69;
}

int chatty() {
  const std::string line(1023, 'x');
  for (int i = 0; i < 1024; ++i)
    std::cout << line << '\n';
  return std::cout.flush() ? 0 : 1;
}

int stopper() {
  const char* const pid = std::getenv("MAINPID");
  std::ofstream(file) << pid;
  return ::kill(std::atoi(pid), SIGUSR1);
}

} // namespace

int main(int count, char** words) {
  const std::string verb = count > 1 ? words[1] : "";
  file = count > 2 ? words[2] : "";
  if (verb == "run") pause_for_ever();
  if (verb == "exit") return std::atoi(file.c_str());
  if (verb == "leave") return leave();
  if (verb == "family") return family();
  if (verb == "quiet") return speak_on_signals();
  if (verb == "flood") return flood();
  if (verb == "nest") return nest();
  if (verb == "file") return ::access(file.c_str(), F_OK) == 0 ? 0 : 1;
  if (verb == "chatty") return chatty();
  if (verb == "blocking") return (::fcntl(1, F_GETFL) & O_NONBLOCK) == 0 ? 0 : 1;
  if (verb == "stopper") return stopper();
  if (verb == "binary") return std::cout << "caf\xe9 \x1b[31m\xff\n" << std::flush ? 1 : 70;
  if (verb == "ignore") ::signal(SIGTERM, SIG_IGN);
  if (verb == "farewell") ::signal(SIGTERM, &say_farewell);
  if (verb == "notify") notify("READY=1\n");
  if (verb == "lines")
    for (int i = 1; i <= std::atoi(file.c_str()); ++i)
      std::cout << "line " << i << '\n';
  if (verb == "environment")
    for (char** variable = environ; *variable != nullptr; ++variable)
      std::cout << *variable << '\n';
  std::cout << (verb == "ignore" ? "ignoring\n" : verb == "farewell" ? "prepared\n" : "") << std::flush;
  pause_for_ever();
}
