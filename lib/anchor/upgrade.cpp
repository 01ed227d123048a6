#include "anchor/upgrade.h"

#include "anchor/numbers.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <initializer_list>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace holdfast::anchor {
namespace {

/// What a build reads of what it finds, and where it stays for the time that the next one is not sure of
/// itself.
struct Kept {
  std::int32_t present;
  std::int32_t former;
};
constexpr std::array<Kept, 4> kept{{{wire::state_slot, wire::former_state_slot},
                                    {wire::configuration_slot, wire::former_configuration_slot},
                                    {wire::events_slot, wire::former_events_slot},
                                    {wire::observer_slot, wire::former_observer_slot}}};

void copy(Held& held, std::int32_t from, std::int32_t to) {
  if (held.has(from))
    held.put(to, wire::held_fd(from));
  else
    held.drop(to);
}

} // namespace

int Upgrade::begin(Held& held, int output, MonoTime now) {
  if (trial_ != 0 || passed_ || is_taking_over()) return EBUSY;
  table_.life.passed_trial = 0;
  const int error = program_.try_next(held, output, trial_);
  if (error != 0) {
    refuse(held);
    return error;
  }
  called_off_ = false;
  table_.life.upgrade = wire::Upgrade::trying;
  trial_until_ = later(now, patience_.trial);
  return 0;
}

std::optional<siginfo_t> Upgrade::trials_end(MonoTime now) {
  if (trial_ == 0) return std::nullopt;
  if (now >= trial_until_) {
    ::kill(trial_, SIGKILL);
    trial_until_ = never;
  }
  siginfo_t end{};
  ::waitid(P_PID, static_cast<id_t>(trial_), &end, WEXITED | WNOHANG);
  if (end.si_pid == 0) return std::nullopt;
  trial_ = 0;
  trial_until_ = never;
  if (std::exchange(called_off_, false)) return std::nullopt;
  return end;
}

bool Upgrade::pass(const siginfo_t& end) {
  passed_ = end.si_code == CLD_EXITED && end.si_status == 0 && table_.life.passed_trial == 1;
  return passed_;
}

void Upgrade::refuse(Held& held) {
  table_.life.upgrade = wire::Upgrade::refused;
  passed_ = false;
  drop_next(held);
}

void Upgrade::call_off(Held& held) {
  if (trial_ == 0) return;
  ::kill(trial_, SIGKILL);
  called_off_ = true;
  refuse(held);
}

void Upgrade::drop_next(Held& held) {
  for (const std::int32_t slot : {wire::next_anchor_slot, wire::next_engine_slot, wire::trial_state_slot,
                                  wire::trial_configuration_slot, wire::trial_events_slot})
    held.drop(slot);
}

int Upgrade::change_over(Held& held, MonoTime now) {
  for (const Kept& each : kept)
    copy(held, each.present, each.former);
  held.put(wire::former_anchor_slot, anchor_program_fd);
  held.put(wire::former_engine_slot, engine_program_fd);
  ::dup3(wire::held_fd(wire::next_anchor_slot), anchor_program_fd, O_CLOEXEC);
  ::dup3(wire::held_fd(wire::next_engine_slot), engine_program_fd, O_CLOEXEC);
  passed_ = false;
  drop_next(held);
  table_.anchor.early_deaths = 0;
  table_.anchor.take_over_until = later(now, patience_.take_over).time_since_epoch().count();
  // Said by the engine that is gone.
  table_.life.adopted = 0;
  table_.life.upgrade = wire::Upgrade::taking_over;
  table_.life.first_of_build = table_.life.number + 1;
  const int error = program_.execute(held);
  return_to_former(held);
  table_.life.upgrade = wire::Upgrade::refused;
  return error;
}

MonoTime Upgrade::take_over_until() const {
  return MonoTime(Duration(table_.anchor.take_over_until));
}

bool Upgrade::is_overdue(MonoTime now) const {
  return is_taking_over() && table_.life.adopted == 0 && now >= take_over_until();
}

void Upgrade::settle(Held& held) {
  if (!is_taking_over() || table_.life.adopted == 0) return;
  table_.life.upgrade = wire::Upgrade::done;
  for (const Kept& each : kept)
    held.drop(each.former);
  held.drop(wire::former_anchor_slot);
  held.drop(wire::former_engine_slot);
}

void Upgrade::return_to_former(Held& held) {
  for (const Kept& each : kept) {
    copy(held, each.former, each.present);
    held.drop(each.former);
  }
  ::dup3(wire::held_fd(wire::former_anchor_slot), anchor_program_fd, O_CLOEXEC);
  ::dup3(wire::held_fd(wire::former_engine_slot), engine_program_fd, O_CLOEXEC);
  held.drop(wire::former_anchor_slot);
  held.drop(wire::former_engine_slot);
}

int Upgrade::go_back(Held& held) {
  return_to_former(held);
  table_.anchor.early_deaths = 0;
  table_.life.upgrade = wire::Upgrade::gone_back;
  table_.life.first_of_build = table_.life.number + 1;
  return program_.execute(held);
}

MonoTime Upgrade::next_look() const {
  if (is_taking_over() && table_.life.adopted == 0) return take_over_until();
  return trial_until_;
}

} // namespace holdfast::anchor
