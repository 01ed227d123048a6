#include "anchor/engine_process.h"

#include "wire/anchor.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::anchor {
namespace {

struct Inheritance {
  int executable;
  int socket;
  int table;
};

/// Descriptors that are to be numbers 3 and 4 are first moved above them, so that neither overwrites the
/// other.
bool place(const Inheritance& fds) {
  const int socket = ::fcntl(fds.socket, F_DUPFD_CLOEXEC, 10);
  const int table = ::fcntl(fds.table, F_DUPFD_CLOEXEC, 10);
  return socket >= 0 && table >= 0 && ::dup2(socket, wire::engine_socket_fd) >= 0 &&
         ::dup2(table, wire::engine_last_stop_fd) >= 0;
}

/// What the anchor blocks and ignores for itself would be inherited over the exec.
void restore_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  // In a background process group a terminal with `tostop` would stop us at our first line.
  ::signal(SIGTTOU, SIG_IGN);
}

[[noreturn]] void become_engine(const Inheritance& fds, char* const* argv) {
  ::setpgid(0, 0);
  restore_signals();
  const int executable = ::fcntl(fds.executable, F_DUPFD_CLOEXEC, 10);
  if (executable >= 0 && place(fds)) ::execveat(executable, "", argv, environ, AT_EMPTY_PATH);
  std::perror("holdfast-anchor: cannot start the engine");
  ::_exit(EngineProcess::not_executed);
}

} // namespace

Result<EngineProcess> EngineProcess::start(const std::string& path, const std::vector<std::string>& arguments,
                                           int last_stop_fd) {
  const Fd executable(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!executable.valid()) return system_error(path, errno);
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return system_error("socketpair", errno);
  Fd ours(pair[0]);
  const Fd theirs(pair[1]);

  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const pid_t pid = ::fork();
  if (pid < 0) return system_error("fork", errno);
  if (pid == 0) become_engine({executable.get(), theirs.get(), last_stop_fd}, argv.data());
  return EngineProcess(pid, std::move(ours));
}

} // namespace holdfast::anchor
