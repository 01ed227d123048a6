#include "anchor/upgrade.h"

#include "anchor/numbers.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
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

/// Whether the one holds now what the other does.
bool copy(Held& held, std::int32_t from, std::int32_t to) {
  if (held.has(from))
    held.put(to, wire::held_fd(from));
  else
    held.drop(to);
  return held.has(to) == held.has(from);
}

bool is_of_next(std::int32_t slot) {
  return slot >= wire::first_next_slot && slot <= wire::last_next_slot;
}

bool is_of_former(std::int32_t slot) {
  return slot >= wire::former_anchor_slot && slot <= wire::former_observer_slot;
}

} // namespace

bool Upgrade::guards(std::int32_t slot) const {
  return is_of_former(slot) || (is_under_way() && is_of_next(slot));
}

int Upgrade::begin(Held& held, int output, MonoTime now) {
  if (is_under_way()) return EBUSY;
  if (trial_ != 0 || is_taking_over(held)) {
    drop_next(held);
    return EBUSY;
  }
  table_.life.passed_trial = 0;
  const bool is_held = held.has(wire::next_anchor_slot) && held.has(wire::next_engine_slot);
  const int error = is_held ? program_.try_next(held, output, trial_) : EBADF;
  if (error != 0) {
    refuse(held);
    return error;
  }
  table_.life.upgrade = wire::Upgrade::trying;
  trial_until_ = later(now, patience_.trial);
  return 0;
}

void Upgrade::kill_trial() const {
  // It is the first of its process group, or about to be.
  ::kill(-trial_, SIGKILL);
  ::kill(trial_, SIGKILL);
}

Trial Upgrade::judge(Held& held, MonoTime now, siginfo_t& end) {
  if (trial_ == 0) return Trial::none;
  if (now >= trial_until_) {
    kill_trial();
    trial_until_ = never;
  }
  const auto trial = static_cast<id_t>(trial_);
  ::waitid(P_PID, trial, &end, WEXITED | WNOHANG | WNOWAIT);
  if (end.si_pid == 0) return Trial::none;
  // What it left behind would keep what is held. As long as it is not reaped the group can be nobody else's.
  kill_trial();
  ::waitid(P_PID, trial, &end, WEXITED | WNOHANG);
  trial_ = 0;
  trial_until_ = never;
  if (std::exchange(called_off_, false)) return Trial::called_off;
  passed_ = end.si_code == CLD_EXITED && end.si_status == 0 && table_.life.passed_trial == 1;
  if (!passed_) refuse(held);
  return passed_ ? Trial::passed : Trial::failed;
}

void Upgrade::refuse(Held& held) {
  table_.life.upgrade = wire::Upgrade::refused;
  passed_ = false;
  drop_next(held);
}

void Upgrade::call_off(Held& held) {
  if (trial_ == 0 || called_off_) return;
  kill_trial();
  called_off_ = true;
  trial_until_ = never;
  refuse(held);
}

void Upgrade::drop_next(Held& held) {
  for (std::int32_t slot = wire::first_next_slot; is_of_next(slot); ++slot)
    held.drop(slot);
}

bool Upgrade::keep_this_build(Held& held) {
  bool all = true;
  for (const Kept& each : kept)
    all = copy(held, each.present, each.former) && all;
  held.put(wire::former_anchor_slot, anchor_program_fd);
  held.put(wire::former_engine_slot, engine_program_fd);
  return all && held.has(wire::former_anchor_slot) && held.has(wire::former_engine_slot);
}

void Upgrade::drop_former(Held& held) {
  for (std::int32_t slot = wire::former_anchor_slot; is_of_former(slot); ++slot)
    held.drop(slot);
}

int Upgrade::change_over(Held& held, MonoTime now) {
  if (!keep_this_build(held)) {
    drop_former(held);
    refuse(held);
    return EMFILE;
  }
  ::dup3(wire::held_fd(wire::next_anchor_slot), anchor_program_fd, O_CLOEXEC);
  ::dup3(wire::held_fd(wire::next_engine_slot), engine_program_fd, O_CLOEXEC);
  passed_ = false;
  drop_next(held);
  table_.anchor.early_deaths = 0;
  table_.anchor.take_over_until = later(now, patience_.take_over).time_since_epoch().count();
  // That was the engine before.
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

bool Upgrade::is_overdue(const Held& held, MonoTime now) const {
  return is_taking_over(held) && table_.life.adopted == 0 && now >= take_over_until();
}

void Upgrade::settle(Held& held) {
  if (!is_taking_over(held) || table_.life.adopted == 0) return;
  table_.life.upgrade = wire::Upgrade::done;
  drop_former(held);
}

void Upgrade::return_to_former(Held& held) {
  for (const Kept& each : kept)
    static_cast<void>(copy(held, each.former, each.present));
  ::dup3(wire::held_fd(wire::former_anchor_slot), anchor_program_fd, O_CLOEXEC);
  ::dup3(wire::held_fd(wire::former_engine_slot), engine_program_fd, O_CLOEXEC);
  drop_former(held);
}

int Upgrade::go_back(Held& held) {
  return_to_former(held);
  table_.anchor.early_deaths = 0;
  table_.life.upgrade = wire::Upgrade::gone_back;
  table_.life.first_of_build = table_.life.number + 1;
  return program_.execute(held);
}

MonoTime Upgrade::next_look(const Held& held) const {
  if (is_taking_over(held) && table_.life.adopted == 0 && !given_up_) return take_over_until();
  return trial_until_;
}

} // namespace holdfast::anchor
