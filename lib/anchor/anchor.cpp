#include "anchor/anchor.h"

#include "anchor/last_stop.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::anchor {
namespace {

Result<int> take_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP})
    ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return system_error("sigprocmask", errno);
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return system_error("signalfd", errno);
  return fd;
}

bool is_readable(const pollfd& entry) {
  return (entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

} // namespace

Anchor::Anchor(Fd signals, EngineProcess engine, wire::LastStopTable* table)
    : signals_(std::move(signals)), engine_(std::move(engine)), table_(table) {}

Result<Anchor> Anchor::start(const Options& options) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return system_error("PR_SET_CHILD_SUBREAPER", errno);
  auto signals = take_signals();
  if (!signals) return signals.error();
  Fd signal_fd(signals.value());
  auto memory = wire::make_last_stop();
  if (!memory) return memory.error();
  const Fd memory_fd(memory.value());
  auto table = wire::map_last_stop(memory_fd.get());
  if (!table) return table.error();
  auto engine = EngineProcess::start(options.engine, options.engine_arguments, memory_fd.get());
  if (!engine) return engine.error();
  return Anchor(std::move(signal_fd), std::move(engine).value(), table.value());
}

int Anchor::run() {
  for (;;) {
    std::array<pollfd, 2> wait{{{signals_.get(), POLLIN, 0}, {engine_.socket(), POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) {
      std::perror("holdfast-anchor: poll");
      return engine_is_gone();
    }
    // The engine's last words come before its exit: a `finish` that is still in the socket must count.
    if (is_readable(wait[1])) hear_engine();
    if (is_readable(wait[0])) pass_signals();
    if (engine_exited()) return engine_is_gone();
    look_for_exits();
  }
}

void Anchor::pass_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) continue;
    wire::AnchorRecord record;
    record.kind = wire::FromAnchor::signalled;
    record.status = static_cast<std::int32_t>(info.ssi_signo);
    // An engine that takes no more records is hung or dying; both are seen elsewhere.
    static_cast<void>(wire::send_record(engine_.socket(), record));
  }
}

void Anchor::look_for_exits() {
  siginfo_t info{};
  if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
  if (info.si_pid == reported_ || info.si_pid == engine_.pid()) return;
  wire::AnchorRecord record;
  record.kind = wire::FromAnchor::exited;
  record.pid = info.si_pid;
  record.code = info.si_code;
  record.status = info.si_status;
  if (wire::send_record(engine_.socket(), record)) reported_ = info.si_pid;
}

void Anchor::hear_engine() {
  for (;;) {
    int descriptor = -1;
    auto record = wire::receive_from_engine(engine_.socket(), descriptor);
    Fd came_along(descriptor);
    if (!record) return engine_.silence();
    if (!record.value()) return;
    take(*record.value(), std::move(came_along));
  }
}

void Anchor::take(const wire::EngineRecord& record, Fd descriptor) {
  switch (record.kind) {
  case wire::ToAnchor::reap:
    // Only what was reported and is still a zombie: nothing else can be reaped by a record.
    if (record.value != reported_) return;
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(record.value), &info, WEXITED | WNOHANG);
    reported_ = 0;
    return;
  case wire::ToAnchor::hold:
    if (descriptor.valid()) held_.push_back(std::move(descriptor));
    return;
  case wire::ToAnchor::finish: finish_ = record.value; return;
  }
}

bool Anchor::engine_exited() {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(engine_.pid()), &info, WEXITED | WNOHANG) != 0)
    return errno == ECHILD;
  if (info.si_pid == 0) return false;
  hear_engine();
  if (!finish_)
    std::fprintf(stderr, "holdfast: the engine was lost (%s %d)\n",
                 info.si_code == CLD_EXITED ? "exit code" : "signal", info.si_status);
  return true;
}

int Anchor::engine_is_gone() {
  if (finish_) return *finish_;
  std::fputs("holdfast: stopping the stack in order\n", stderr);
  last_stop(*table_, signals_.get());
  return engine_lost;
}

} // namespace holdfast::anchor
