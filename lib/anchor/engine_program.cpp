#include "anchor/engine_program.h"

#include "anchor/numbers.h"
#include "anchor/say.h"
#include "anchor/signals.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::anchor {

EngineProgram::EngineProgram(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::string& word : words_)
    argv_.push_back(word.data());
  argv_.push_back(nullptr);
}

Result<EngineProgram> EngineProgram::open(const std::string& path,
                                          const std::vector<std::string>& arguments) {
  if (::fcntl(engine_program_fd, F_GETFD) < 0) {
    const int fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (fd < 0) return system_error(path, errno);
    if (auto placed = place(fd, engine_program_fd); !placed) return placed.error();
  }
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return EngineProgram(std::move(words));
}

int EngineProgram::start(const Held& held, const rlimit& limit, EngineProcess& started) const {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return errno;
  Fd ours(pair[0]);
  const Fd theirs(pair[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid > 0) {
    started = {pid, std::move(ours)};
    return 0;
  }
  ::setpgid(0, 0);
  restore_signals();
  ::setrlimit(RLIMIT_NOFILE, &limit);
  held.pass_on();
  if (::dup2(theirs.get(), wire::engine_socket_fd) >= 0 && ::fcntl(table_fd, F_SETFD, 0) == 0)
    ::execveat(engine_program_fd, "", argv_.data(), environ, AT_EMPTY_PATH);
  say("the engine cannot be started: %s: %s", argv_.front(), ::strerrordesc_np(errno));
  ::_exit(not_executed);
}

} // namespace holdfast::anchor
