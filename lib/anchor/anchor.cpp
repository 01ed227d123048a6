#include "anchor/anchor.h"

#include "anchor/numbers.h"
#include "anchor/say.h"
#include "anchor/signals.h"
#include "base/clock.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace holdfast::anchor {
namespace {

/// The engine's records in one turn: one that never stops talking must not keep us from everything else.
constexpr int most_records = 1024;

Status make_table() {
  const auto memory = wire::make_last_stop();
  if (!memory) return memory.error();
  return place(memory.value(), table_fd);
}

/// What is held for a service has a number above a shell's limit. The engine gets the limit that we found,
/// since it passes that on to the services.
std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::uint64_t found = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return found;
}

bool is_readable(const pollfd& entry) {
  return (entry.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

int milliseconds_until(MonoTime time, MonoTime now) {
  if (time == never) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

/// Of timeouts as poll(2) takes them.
int sooner(int one, int other) {
  if (one < 0 || other < 0) return std::max(one, other);
  return std::min(one, other);
}

} // namespace

Anchor::Anchor(ServiceManager manager, EngineProgram program, wire::LastStopTable& table, Upgrade upgrade,
               const Patience& patience)
    : manager_(std::move(manager)), program_(std::move(program)), table_(table), patience_(patience),
      signals_(table.anchor), watch_(patience), upgrade_(std::move(upgrade)) {}

Result<Anchor> Anchor::make(const Options& options) {
  // Executed from a descriptor, our name would be its number to ps(1).
  ::prctl(PR_SET_NAME, "holdfast-anchor");
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return system_error("PR_SET_CHILD_SUBREAPER", errno);
  if (auto taken = take_signals(); !taken) return taken.error();
  auto own = AnchorProgram::open(options.engine, options.engine_arguments);
  if (!own) return own.error();
  auto manager = ServiceManager::from_environment();
  auto table = wire::map_last_stop(table_fd);
  if (!table) return table.error();
  auto program = EngineProgram::open(options.engine, options.engine_arguments);
  if (!program) return program.error();
  return Anchor(std::move(manager), std::move(program).value(), *table.value(),
                Upgrade(*table.value(), std::move(own).value(), options.patience), options.patience);
}

Result<Anchor> Anchor::start(const Options& options) {
  if (auto cleared = clear_numbers(); !cleared) return cleared.error();
  if (auto made = make_table(); !made) return made.error();
  auto anchor = make(options);
  if (!anchor) return anchor.error();
  anchor.value().table_.anchor.descriptor_limit = raise_descriptor_limit();
  if (const int error = anchor.value().start_engine(); error != 0) return system_error("the engine", error);
  return anchor;
}

Result<Anchor> Anchor::resume(const Options& options) {
  auto anchor = make(options);
  if (!anchor) return anchor.error();
  set_ours_inherited(false);
  anchor.value().held_.find();
  anchor.value().start_at_ = read_mono();
  return anchor;
}

int Anchor::run() {
  for (;;) {
    if (!wait()) {
      give_engine_up();
      return stop_the_stack();
    }
    tell_signals();
    // Told before anything else is looked at: a restart waits for it.
    tell_exit();
    tell_refusal();
    if (const auto code = look_for_engines_end()) return *code;
    const MonoTime now = read_mono();
    look_at_upgrade(now);
    if (const auto code = start_when_due(now)) return *code;
    look_at_pulse(now);
    manager_.pulse(now);
  }
}

bool Anchor::wait() {
  const short of_engine = full_ ? POLLIN | POLLOUT : POLLIN;
  std::array<pollfd, 2> entries{{{signals_fd, POLLIN, 0}, {engine_.socket.get(), of_engine, 0}}};
  if (::poll(entries.data(), entries.size(), until_next(read_mono())) < 0 && errno != EINTR) {
    say("poll: %s", ::strerrordesc_np(errno));
    return false;
  }
  full_ = false;
  // The engine's last words come before its exit: a `finish` that is still in the socket must count.
  if (is_readable(entries[1])) hear_engine();
  if (is_readable(entries[0])) hear_signals();
  return true;
}

int Anchor::until_next(MonoTime now) const {
  const MonoTime next = std::min({start_at_, watch_.next_look(), upgrade_.next_look(held_)});
  return sooner(manager_.until_pulse(now), milliseconds_until(next, now));
}

void Anchor::hear_signals() {
  // Of each signal one at most is pending, so that one read takes them all.
  std::array<signalfd_siginfo, 8> infos{};
  const ssize_t bytes = ::read(signals_fd, infos.data(), sizeof infos);
  const std::size_t count = bytes > 0 ? static_cast<std::size_t>(bytes) / sizeof infos[0] : 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (infos[i].ssi_signo == SIGCHLD)
      named_ = static_cast<int>(infos[i].ssi_pid);
    else
      signals_.came(static_cast<int>(infos[i].ssi_signo));
  }
}

void Anchor::tell_signals() {
  if (!engine_.socket.valid()) return;
  for (int signal = 0; !full_ && (signal = signals_.due()) != 0;) {
    const wire::AnchorRecord record{.kind = wire::FromAnchor::signalled, .status = signal};
    full_ = !wire::send_record(engine_.socket.get(), record);
    if (!full_) signals_.told(signal);
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

void Anchor::tell_exit() {
  // One at a time: of several zombies waitid names the eldest child, not the first that died, so a second
  // report could take the place of one that is not accounted for yet.
  if (reported_ != 0 || full_ || !engine_.socket.valid()) return;
  const siginfo_t info = find_zombie();
  if (info.si_pid == 0 || info.si_pid == engine_.pid || upgrade_.is_trial(info.si_pid)) return;
  const wire::AnchorRecord record{
      .kind = wire::FromAnchor::exited, .pid = info.si_pid, .code = info.si_code, .status = info.si_status};
  full_ = !wire::send_record(engine_.socket.get(), record);
  if (!full_) reported_ = info.si_pid;
}

bool Anchor::hear_engine() {
  for (int i = 0; i < most_records && engine_.socket.valid(); ++i) {
    wire::EngineRecord record;
    wire::Attached attached;
    switch (wire::receive_from_engine(engine_.socket.get(), record, attached)) {
    case wire::Heard::record: take(record, attached); break;
    case wire::Heard::refused: break;
    case wire::Heard::nothing: return true;
    case wire::Heard::gone: give_engine_up(); break;
    }
    if (attached.descriptor >= 0) ::close(attached.descriptor);
  }
  return !engine_.socket.valid();
}

void Anchor::take(const wire::EngineRecord& record, const wire::Attached& attached) {
  heard_ = true;
  switch (record.kind) {
  case wire::ToAnchor::reap: reap(record.value); return;
  case wire::ToAnchor::hold:
    if (!upgrade_.guards(record.value)) held_.put(record.value, attached.descriptor);
    return;
  case wire::ToAnchor::drop:
    if (!upgrade_.guards(record.value)) held_.drop(record.value);
    return;
  case wire::ToAnchor::took: signals_.took(record.value); return;
  case wire::ToAnchor::finish:
    finish_ = record.value;
    // What it does until its end is not to be cut off.
    upgrade_.call_off(held_);
    return;
  case wire::ToAnchor::notify: manager_.tell(attached.notice()); return;
  case wire::ToAnchor::upgrade: begin_upgrade(attached.descriptor); return;
  }
}

void Anchor::reap(int pid) {
  // Only what was reported and is still a zombie: nothing else can be reaped by a record.
  if (reported_ == 0 || pid != reported_) return;
  siginfo_t info;
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
  reported_ = 0;
}

} // namespace holdfast::anchor
