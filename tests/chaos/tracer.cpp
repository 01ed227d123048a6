#include "chaos/tracer.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// The kernel's <linux/ptrace.h>, which has ptrace_syscall_info, excludes glibc's <sys/ptrace.h>, which has it
// as
// __ptrace_syscall_info.

namespace holdfast::test {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr int syscall_stop = SIGTRAP | 0x80;

long ptrace_with(__ptrace_request request, pid_t tid, long data) {
  return ::ptrace(request, tid, nullptr, reinterpret_cast<void*>(data));
}

int event_of(int status) {
  return status >> 16;
}

/// One life of an engine under our eyes. All its calls come from one thread, as ptrace(2) wants it.
class Trace {
public:
  Trace(pid_t pid, const Cut& cut) : pid_(pid), cut_(cut) {}

  /// Before it executes the engine. False where it is gone.
  [[nodiscard]] bool begin() const {
    constexpr long options =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace_with(PTRACE_SEIZE, pid_, options) != 0 || ptrace_with(PTRACE_INTERRUPT, pid_, 0) != 0)
      return false;
    int status = 0;
    if (::waitpid(pid_, &status, __WALL) != pid_ || !WIFSTOPPED(status)) return false;
    return ptrace_with(PTRACE_SYSCALL, pid_, 0) == 0;
  }

  /// Until it is dead and may be reaped by its parent.
  Traced follow() {
    int status = 0;
    for (;;) {
      // Not the children of other threads of the test.
      const pid_t tid = ::waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (tid < 0 && errno == EINTR) continue;
      if (tid < 0) return traced_;
      if (!WIFSTOPPED(status)) {
        if (tid == pid_) return traced_;
        continue;
      }
      stopped(tid, status);
    }
  }

private:
  void stopped(pid_t tid, int status) {
    const int signal = WSTOPSIG(status);
    const int event = event_of(status);
    if (event == PTRACE_EVENT_EXEC) executed_ = true;
    if (signal == syscall_stop && executed_) at_call(tid);
    const bool is_group_stop = event == PTRACE_EVENT_STOP && signal != SIGTRAP;
    const bool is_signal = event == 0 && signal != syscall_stop;
    // To a thread that was killed meanwhile this means nothing.
    if (is_group_stop)
      ptrace_with(PTRACE_LISTEN, tid, 0);
    else
      ptrace_with(PTRACE_SYSCALL, tid, is_signal ? signal : 0);
  }

  void at_call(pid_t tid) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, tid, reinterpret_cast<void*>(sizeof info), &info) <= 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      if (++traced_.calls != cut_.call) return;
      traced_.number = info.entry.nr;
      in_last_call_ = tid;
      if (cut_.before) kill();
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && tid == in_last_call_ && !traced_.was_cut) {
      kill();
    }
  }

  /// At the entry of a call this keeps it from being made.
  void kill() {
    traced_.was_cut = true;
    ::kill(pid_, SIGKILL);
  }

  pid_t pid_;
  Cut cut_;
  bool executed_ = false;
  pid_t in_last_call_ = 0;
  Traced traced_;
};

} // namespace

Tracer::Tracer(const std::string& path)
    : listener_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)), end_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 8) != 0)
    throw std::runtime_error("cannot listen at " + path);
  thread_ = std::thread([this] { work(); });
}

Tracer::~Tracer() {
  const std::uint64_t one = 1;
  if (::write(end_.get(), &one, sizeof one) < 0) std::terminate(); // it would be waited for without end
  thread_.join();
}

void Tracer::cut_next(const Cut& cut, unsigned engines) {
  const std::lock_guard lock(mutex_);
  next_ = cut;
  engines_ = engines;
  outcome_.reset();
}

Traced Tracer::outcome() {
  std::unique_lock lock(mutex_);
  if (!ended_.wait_for(lock, patience, [this] { return outcome_.has_value(); }))
    throw std::runtime_error("no engine was traced to its end");
  return *outcome_;
}

void Tracer::work() {
  for (;;) {
    std::array<pollfd, 2> wait{{{listener_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), -1) < 0) continue;
    if (wait[1].revents != 0) return;
    if (wait[0].revents == 0) continue;
    const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.valid()) serve(client.get());
  }
}

void Tracer::serve(int client) {
  std::optional<Cut> cut;
  {
    const std::lock_guard lock(mutex_);
    if (engines_ > 0) cut = next_;
    engines_ -= cut ? 1U : 0U;
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (cut && ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
    const Traced traced = trace(peer.pid, *cut, client);
    const std::lock_guard lock(mutex_);
    outcome_ = traced;
    ended_.notify_all();
    return;
  }
  static_cast<void>(::send(client, "g", 1, MSG_NOSIGNAL));
}

Traced Tracer::trace(int pid, const Cut& cut, int client) {
  Trace trace(pid, cut);
  if (!trace.begin()) return {};
  static_cast<void>(::send(client, "g", 1, MSG_NOSIGNAL));
  return trace.follow();
}

} // namespace holdfast::test
