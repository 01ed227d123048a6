#pragma once
// What the tests of this floor need of a real kernel: a cgroup of the test's own, and children that go with
// the test.

#include "base/file.h"
#include "linux/cgroup.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace holdfast::test {

/// How long an event may take on a machine that is busy with other things; only a failing test waits so long.
constexpr std::chrono::seconds patience{20};

/// Whether `condition` comes true. For states that announce themselves by no descriptor.
inline bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

inline bool becomes_readable(int fd, short events = POLLIN) {
  pollfd wait{.fd = fd, .events = events, .revents = 0};
  return ::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1;
}

inline bool is_zombie(int pid) {
  const auto text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  return text && text.value().compare(text.value().rfind(')'), 3, ") Z") == 0;
}

/// A cgroup below the v2 mount. All that lives in it is killed with it.
class TestCgroup {
public:
  TestCgroup() {
    std::string pattern = linux_os::cgroup_mount().value() + "/holdfast-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp: " + pattern);
    path_ = pattern;
  }
  ~TestCgroup() {
    static_cast<void>(linux_os::kill_cgroup(path_));
    comes_true([this] { return linux_os::remove_cgroups(path_).ok(); });
  }
  TestCgroup(const TestCgroup&) = delete;
  TestCgroup& operator=(const TestCgroup&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

/// A child of the test; killed and reaped at the end where that did not happen before.
class Child {
public:
  explicit Child(pid_t pid) : pid_(pid) {}
  /// Forks; the child runs `body` and exits with what that returns.
  explicit Child(const std::function<int()>& body) {
    // The test program's handlers are for itself: none may run in the child before they are gone.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_ = ::fork();
    if (pid_ == 0) {
      for (int number = 1; number < NSIG; ++number)
        ::signal(number, SIG_DFL);
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      ::_exit(body());
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid_ < 0) throw std::runtime_error("fork");
  }
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Somebody else has reaped it.
  void forget() { pid_ = -1; }
  /// Until it is a zombie, which it then stays.
  void wait_for_end() const {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  /// Reaps. The status as of wait(2).
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

private:
  pid_t pid_ = -1;
};

inline int pause_for_ever() {
  for (;;)
    ::pause();
}

} // namespace holdfast::test
