#include "support/program.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace holdfast::test {
namespace {

[[noreturn]] void fail(const std::string& what, int code = errno) {
  throw std::system_error(code, std::generic_category(), what);
}

std::string joined(const Words& words) {
  std::string all;
  for (const auto& word : words)
    all += (all.empty() ? "" : " ") + word;
  return all;
}

pid_t spawn(const Words& words, int output, int errors) {
  std::vector<char*> argv;
  for (const auto& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(joined(words), error);
  return pid;
}

std::string read_back(int fd) {
  std::string all;
  std::string part(65536, '\0');
  if (::lseek(fd, 0, SEEK_SET) < 0) fail("lseek");
  for (ssize_t n = 0; (n = ::read(fd, part.data(), part.size())) > 0;)
    all.append(part.data(), static_cast<std::size_t>(n));
  return all;
}

} // namespace

Child::Child(const Words& words, int output, int errors) : pid_(spawn(words, output, errors)) {
  pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_.valid()) fail("pidfd_open");
}

Child::~Child() {
  if (code_) return;
  send(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Child::send(int signal) const {
  if (!code_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

std::optional<int> Child::wait(Milliseconds within) {
  const Deadline deadline(within);
  while (!code_) {
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    const int n = ::poll(&ended, 1, static_cast<int>(deadline.left().count()));
    if (n < 0 && errno != EINTR) fail("poll");
    if (n == 0) return std::nullopt;
    int status = 0;
    if (n > 0 && ::waitpid(pid_, &status, WNOHANG) == pid_)
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return code_;
}

Finished run_program(const Words& words, Milliseconds within) {
  const Fd output(::memfd_create("output", MFD_CLOEXEC));
  if (!output.valid()) fail("memfd_create");
  Child child(words, output.get());
  const auto code = child.wait(within);
  if (!code)
    throw std::runtime_error(joined(words) + ": not ended in time; it said: " + read_back(output.get()));
  return {.code = *code, .output = read_back(output.get())};
}

Fd open_output(const std::string& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file.valid()) fail(path);
  return file;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  try {
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  } catch (const std::ios_base::failure&) {
    return {}; // a file of /proc whose process has just gone
  }
}

} // namespace holdfast::test
