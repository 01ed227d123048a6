// The anchor's part that starts engines, watches them, and decides what comes after one.

#include "anchor/anchor.h"
#include "anchor/last_stop.h"
#include "anchor/numbers.h"
#include "anchor/say.h"
#include "base/clock.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/resource.h>
#include <sys/wait.h>

namespace holdfast::anchor {
namespace {

/// A machine that is short of processes, descriptors or memory is given so many pauses to have them again.
constexpr int most_failed_starts = 60;

/// Turns in which the last words of an engine are heard: more than a socket holds. Whoever still speaks then
/// is somebody else who has its end.
constexpr int most_last_words = 64;

long long seconds(Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

const char* kind_of(const siginfo_t& end) {
  return end.si_code == CLD_EXITED ? "exit code" : "signal";
}

} // namespace

int Anchor::start_engine() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = table_.anchor.descriptor_limit;
  wire::EngineLife& life = table_.life;
  life.adopted = 0;
  life.pulse = 0;
  life.distrusts_state = table_.anchor.early_deaths >= early_deaths_to_distrust ? 1 : 0;
  ++life.number;
  const int error = program_.start(held_, limit, engine_);
  if (error != 0) {
    --life.number;
    return error;
  }
  start_at_ = never;
  heard_ = false;
  signals_.engine_is_new();
  watch_.begin(life.pulse, read_mono());
  return 0;
}

std::optional<int> Anchor::start_when_due(MonoTime now) {
  if (engine_.pid != 0 || now < start_at_) return std::nullopt;
  if (const int error = start_engine(); error != 0) return start_failed(::strerrordesc_np(error), now);
  // No event will say that this is waiting.
  tell_signals();
  tell_exit();
  return std::nullopt;
}

std::optional<int> Anchor::start_failed(const char* why, MonoTime now) {
  say("the engine cannot be started: %s", why);
  if (++failed_starts_ >= most_failed_starts) return stop_the_stack();
  start_at_ = later(now, patience_.pause);
  return std::nullopt;
}

void Anchor::look_at_pulse(MonoTime now) {
  if (!watch_.is_hung(table_.life.pulse, now)) return;
  const bool had_none = table_.life.pulse == 0;
  say("the engine gave no sign of life for %lld s and is killed",
      seconds(had_none ? patience_.first_pulse : patience_.pulse));
  ::kill(engine_.pid, SIGKILL);
}

void Anchor::give_engine_up() {
  // Without its socket it hears of no exit and of no SIGTERM: if it lived on, nobody would watch the stack.
  // Where it is about to exit, the signal changes nothing.
  if (engine_.pid > 0) ::kill(engine_.pid, SIGKILL);
  engine_.socket.reset();
  watch_.end();
}

std::optional<int> Anchor::look_for_engines_end() {
  if (engine_.pid == 0) return std::nullopt;
  siginfo_t end{};
  const auto engine = static_cast<id_t>(engine_.pid);
  ::waitid(P_PID, engine, &end, WEXITED | WNOHANG | WNOWAIT);
  if (end.si_pid == 0) return std::nullopt;
  for (int i = 0; i < most_last_words && !hear_engine(); ++i) {
  }
  ::waitid(P_PID, engine, &end, WEXITED | WNOHANG);
  return engine_is_gone(end);
}

std::optional<int> Anchor::engine_is_gone(const siginfo_t& end) {
  const MonoTime now = read_mono();
  const bool is_first = table_.life.number == 1;
  const bool never_was = !heard_ && end.si_code == CLD_EXITED && end.si_status == EngineProgram::not_executed;
  engine_ = {};
  watch_.end();
  full_ = false;
  // It is a zombie still, and the next engine is told.
  reported_ = 0;
  upgrade_.call_off(held_);
  // The next one has not asked; what came of it stands in the table.
  refusal_.reset();
  if (never_was && is_first) finish_ = wire::cannot_start;
  if (finish_ && (is_first || *finish_ != wire::cannot_start)) {
    // Orphans whose exit was not told yet: our parent knows nothing of them.
    reap_the_dying(signals_fd);
    return *finish_;
  }
  finish_.reset();
  if (never_was && !Upgrade::is_taking_over(held_)) return start_failed("it was not executed", now);
  failed_starts_ = 0;
  return succeed(end, now);
}

std::optional<int> Anchor::succeed(const siginfo_t& end, MonoTime now) {
  wire::EngineLife& life = table_.life;
  life.lost_code = end.si_code;
  life.lost_status = end.si_status;
  life.lost_at = now.time_since_epoch().count();
  if (change_build(now)) return std::nullopt;
  const Next next = count_death(table_.anchor, now, life.adopted != 0, patience_.window);
  constexpr std::size_t status = std::string_view("STATUS=").size();
  std::array<char, 200> text{};
  switch (next) {
  case Next::at_once:
    say("the engine was lost (%s %d); another one is started", kind_of(end), end.si_status);
    start_at_ = now;
    return std::nullopt;
  case Next::after_pause:
    std::snprintf(text.data(), text.size(),
                  "STATUS=the engine was lost (%s %d), six times within %lld s; another one is started in "
                  "%lld s",
                  kind_of(end), end.si_status, seconds(patience_.window), seconds(patience_.pause));
    say("%s", text.data() + status);
    manager_.tell(text.data());
    start_at_ = later(now, patience_.pause);
    return std::nullopt;
  case Next::none:
    say("the engine was lost (%s %d), five in a row before they had taken over", kind_of(end), end.si_status);
    break;
  }
  return stop_the_stack();
}

void Anchor::begin_upgrade(int output) {
  upgrade_.settle(held_);
  if (finish_) upgrade_.refuse(held_);
  const int error = finish_ ? ECANCELED : upgrade_.begin(held_, output, read_mono());
  if (error != 0) refuse_upgrade(0, error);
}

void Anchor::refuse_upgrade(int code, int status) {
  refusal_ = {.kind = wire::FromAnchor::not_upgraded, .code = code, .status = status};
  tell_refusal();
}

void Anchor::tell_refusal() {
  if (!refusal_ || full_ || !engine_.socket.valid()) return;
  full_ = !wire::send_record(engine_.socket.get(), *refusal_);
  if (!full_) refusal_.reset();
}

void Anchor::look_at_upgrade(MonoTime now) {
  upgrade_.settle(held_);
  siginfo_t end{};
  const Trial trial = upgrade_.judge(held_, now, end);
  if (trial == Trial::failed) refuse_upgrade(end.si_code, end.si_status);
  // As long as its zombie was there it may have been the only one that could be seen.
  if (trial != Trial::none) tell_exit();
  const bool is_overdue = upgrade_.is_overdue(held_, now);
  if (is_overdue) upgrade_.give_up();
  if (engine_.pid != 0 && (is_overdue || upgrade_.is_passed())) ::kill(engine_.pid, SIGKILL);
  if (engine_.pid == 0 && is_overdue) static_cast<void>(change_build(now));
}

bool Anchor::change_build(MonoTime now) {
  upgrade_.settle(held_);
  int error = 0;
  if (upgrade_.is_passed()) {
    error = upgrade_.change_over(held_, now);
    say("the next build cannot be executed: %s", ::strerrordesc_np(error));
  } else if (Upgrade::is_taking_over(held_) &&
             (upgrade_.is_overdue(held_, now) || table_.anchor.early_deaths + 1 >= early_deaths_to_go_back)) {
    say("no engine of this build takes over: the former one returns");
    error = upgrade_.go_back(held_);
    say("the former anchor cannot be executed: %s", ::strerrordesc_np(error));
  } else {
    return false;
  }
  start_at_ = now;
  return true;
}

int Anchor::stop_the_stack() {
  upgrade_.call_off(held_);
  say("stopping the stack in order");
  const auto bound = std::chrono::ceil<std::chrono::microseconds>(longest_last_stop(table_)).count();
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(),
                "STOPPING=1\nSTATUS=the engine was lost; the stack is stopped\nEXTEND_TIMEOUT_USEC=%lld",
                static_cast<long long>(bound));
  manager_.tell(text.data());
  last_stop(table_, signals_fd);
  return wire::engine_lost;
}

} // namespace holdfast::anchor
