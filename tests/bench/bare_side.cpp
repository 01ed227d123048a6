#include "bare_side.h"

#include "base/clock.h"
#include "linux/cgroup.h"
#include "linux/clone_call.h"

#include <array>
#include <csignal>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unordered_map>
#include <vector>

namespace holdfast::bench {
namespace {

using linux_os::Leaf;

struct Exec {
  const char* path;
  const char* const* argv;
};

int exec_child(void* argument) {
  const auto* const exec = static_cast<const Exec*>(argument);
  const std::uint64_t none = 0;
  const char* const no_environment = nullptr;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  ::syscall(SYS_execve, exec->path, exec->argv, &no_environment);
  return 127;
}

class Loop {
public:
  Loop(std::string cgroup, std::string socket, unsigned count)
      : cgroup_(std::move(cgroup)), socket_(std::move(socket)), next_(make_leaf()) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    signals_ = Fd(::signalfd(-1, &child, SFD_CLOEXEC));
    for (unsigned i = 0; i < count; ++i) {
      words_.push_back(std::to_string(i));
      leaves_.push_back(make_leaf());
      start(i);
    }
  }

  int run() {
    for (;;) {
      signalfd_siginfo signal{};
      if (::read(signals_.get(), &signal, sizeof signal) != sizeof signal) return 1;
      siginfo_t ended{};
      while (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG) == 0 && ended.si_pid != 0) {
        const auto found = indexes_.find(ended.si_pid);
        if (found != indexes_.end()) {
          const unsigned index = found->second;
          indexes_.erase(found);
          start(index);
        }
        ended.si_pid = 0;
      }
    }
  }

private:
  Leaf make_leaf() {
    auto leaf = Leaf::make(cgroup_ + "/" + std::to_string(++made_));
    if (!leaf) throw std::runtime_error(leaf.error().what);
    return std::move(leaf).value();
  }

  /// The clone first; what makes the next one quick comes after it.
  void start(unsigned index) {
    std::swap(leaves_[index], next_);
    const std::array<const char*, 4> argv{HOLDFAST_BENCH_CHILD, socket_.c_str(), words_[index].c_str(),
                                          nullptr};
    Exec exec{.path = HOLDFAST_BENCH_CHILD, .argv = argv.data()};
    int pidfd = -1;
    clone_args args{};
    args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<std::uintptr_t>(stack_.data());
    args.stack_size = stack_.size();
    args.cgroup = static_cast<unsigned>(leaves_[index].directory_fd());
    const long pid = holdfast_clone3(&args, sizeof args, &exec_child, &exec);
    if (pid < 0) throw std::runtime_error("clone3");
    Fd(pidfd).reset();
    indexes_[static_cast<int>(pid)] = index;
    static_cast<void>(next_.remove());
    next_ = make_leaf();
  }

  std::string cgroup_;
  std::string socket_;
  unsigned made_ = 0;
  Leaf next_;
  Fd signals_;
  std::vector<std::string> words_;
  std::vector<Leaf> leaves_;
  std::unordered_map<int, unsigned> indexes_;
  alignas(64) std::array<char, 64U << 10U> stack_;
};

} // namespace

BareSide::BareSide(const std::string& directory, unsigned count)
    : births_(directory + "/bare.socket"), loop_([&] {
        const auto loop = std::make_unique<Loop>(cgroup_.path(), births_.path(), count);
        return loop->run();
      }),
      victim_(births_.wait_for_all(count, [this] { check(); })) {}

Duration BareSide::restart_once() {
  const MonoTime killed = read_mono();
  ::kill(victim_, SIGKILL);
  const Birth birth = births_.next([this] { check(); });
  victim_ = birth.pid;
  return MonoTime(Duration(birth.mono_ns)) - killed;
}

void BareSide::check() const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(loop_.pid()), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != 0)
    throw std::runtime_error("the bare loop has ended");
}

} // namespace holdfast::bench
