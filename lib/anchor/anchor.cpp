#include "anchor/anchor.h"

#include "anchor/last_stop.h"
#include "base/clock.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

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

/// Two for each service is more than a shell's limit allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

bool is_readable(const pollfd& entry) {
  return (entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

} // namespace

Anchor::Anchor(ServiceManager manager, Fd signals, EngineProcess engine, wire::LastStopTable* table)
    : manager_(std::move(manager)), signals_(std::move(signals)), engine_(std::move(engine)), table_(table) {}

Result<Anchor> Anchor::start(const Options& options) {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return system_error("PR_SET_CHILD_SUBREAPER", errno);
  // Whoever read our messages may be gone: that must not end what holds the stack.
  ::signal(SIGPIPE, SIG_IGN);
  auto manager = ServiceManager::from_environment();
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
  // Not before: the engine passes the limit that it finds on to the services.
  raise_descriptor_limit();
  return Anchor(std::move(manager), std::move(signal_fd), std::move(engine).value(), table.value());
}

int Anchor::run() {
  for (;;) {
    const short of_engine = unsent_ ? POLLIN | POLLOUT : POLLIN;
    std::array<pollfd, 2> wait{{{signals_.get(), POLLIN, 0}, {engine_.socket(), of_engine, 0}}};
    if (::poll(wait.data(), wait.size(), manager_.until_pulse(read_mono())) < 0 && errno != EINTR) {
      std::perror("holdfast-anchor: poll");
      return engine_is_gone();
    }
    // The engine's last words come before its exit: a `finish` that is still in the socket must count.
    if (is_readable(wait[1])) hear_engine();
    if (is_readable(wait[0])) pass_signals();
    // Told before anything else is looked at: a restart waits for it.
    look_for_exits();
    if (engine_exited()) return engine_is_gone();
    manager_.pulse(read_mono());
  }
}

void Anchor::pass_signals() {
  // Of each signal one at most is pending, so that one read takes them all.
  std::array<signalfd_siginfo, 8> infos{};
  const ssize_t bytes = ::read(signals_.get(), infos.data(), sizeof infos);
  const std::size_t count = bytes > 0 ? static_cast<std::size_t>(bytes) / sizeof infos[0] : 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (infos[i].ssi_signo == SIGCHLD) {
      named_ = static_cast<int>(infos[i].ssi_pid);
      continue;
    }
    wire::AnchorRecord record;
    record.kind = wire::FromAnchor::signalled;
    record.status = static_cast<std::int32_t>(infos[i].ssi_signo);
    // An engine that takes no more records is hung or dying; both are seen elsewhere.
    static_cast<void>(wire::send_record(engine_.socket(), record));
  }
}

/// A child that has ended and stays as it is; si_pid 0 where there is none.
siginfo_t Anchor::find_zombie() {
  siginfo_t info{};
  // Among all children waitid looks one by one: of a thousand it takes a sixth of a millisecond.
  if (named_ != 0)
    ::waitid(P_PID, static_cast<id_t>(std::exchange(named_, 0)), &info, WEXITED | WNOHANG | WNOWAIT);
  if (info.si_pid == 0 && ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) info.si_pid = 0;
  return info;
}

void Anchor::look_for_exits() {
  // One at a time: of several zombies waitid names the eldest child, not the first that died, so a second
  // report could take the place of one that is not accounted for yet.
  if (reported_ != 0) return;
  const siginfo_t info = find_zombie();
  if (info.si_pid == 0 || info.si_pid == engine_.pid()) return;
  wire::AnchorRecord record;
  record.kind = wire::FromAnchor::exited;
  record.pid = info.si_pid;
  record.code = info.si_code;
  record.status = info.si_status;
  unsent_ = !wire::send_record(engine_.socket(), record);
  if (!unsent_) reported_ = info.si_pid;
}

void Anchor::hear_engine() {
  while (engine_.socket() >= 0) {
    wire::Attached attached;
    auto record = wire::receive_from_engine(engine_.socket(), attached);
    Fd came_along(attached.descriptor);
    if (!record && record.error().code == EPROTO) continue;
    if (!record) return give_engine_up();
    if (!record.value()) return;
    take(*record.value(), std::move(came_along), attached.notice);
  }
}

void Anchor::give_engine_up() {
  // Without its socket it hears of no exit and of no SIGTERM: if it lived on, nobody would watch the stack.
  // Where it is about to exit, the signal changes nothing.
  ::kill(engine_.pid(), SIGKILL);
  engine_.silence();
}

void Anchor::take(const wire::EngineRecord& record, Fd descriptor, const std::string& notice) {
  heard_ = true;
  switch (record.kind) {
  case wire::ToAnchor::reap:
    // Only what was reported and is still a zombie: nothing else can be reaped by a record.
    if (record.value != reported_) return;
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(record.value), &info, WEXITED | WNOHANG);
    reported_ = 0;
    return;
  case wire::ToAnchor::hold: hold(record.value, std::move(descriptor)); return;
  case wire::ToAnchor::finish: finish_ = record.value; return;
  case wire::ToAnchor::notify: manager_.tell(notice); return;
  }
}

void Anchor::hold(std::int32_t slot, Fd descriptor) {
  if (slot < 0 || slot >= wire::hold_slots || !descriptor.valid()) return;
  const auto index = static_cast<std::size_t>(slot);
  if (index >= held_.size()) held_.resize(index + 1);
  held_[index] = std::move(descriptor);
}

bool Anchor::engine_exited() {
  siginfo_t info{};
  const auto engine = static_cast<id_t>(engine_.pid());
  if (::waitid(P_PID, engine, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno == ECHILD;
  if (info.si_pid == 0) return false;
  hear_engine();
  ::waitid(P_PID, engine, &info, WEXITED | WNOHANG);
  // What cannot be executed said why itself, on standard error.
  if (!heard_ && info.si_code == CLD_EXITED && info.si_status == EngineProcess::not_executed)
    finish_ = wire::cannot_start;
  if (!finish_)
    std::fprintf(stderr, "holdfast: the engine was lost (%s %d)\n",
                 info.si_code == CLD_EXITED ? "exit code" : "signal", info.si_status);
  return true;
}

int Anchor::engine_is_gone() {
  if (finish_) {
    // Orphans whose exit was not told yet: our parent knows nothing of them.
    reap_the_dying(signals_.get());
    return *finish_;
  }
  std::fputs("holdfast: stopping the stack in order\n", stderr);
  const auto bound = std::chrono::ceil<std::chrono::microseconds>(longest_last_stop(*table_)).count();
  manager_.tell("STOPPING=1\nSTATUS=the engine was lost; the stack is stopped\nEXTEND_TIMEOUT_USEC=" +
                std::to_string(bound));
  last_stop(*table_, signals_.get());
  return wire::engine_lost;
}

} // namespace holdfast::anchor
