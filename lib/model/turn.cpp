#include "model/turn.h"

#include "model/due.h"

namespace holdfast::model {

Run* Turn::run_at(ServiceId id, RunNumber number) {
  const Run* run = run_of(at(id).phase);
  return run != nullptr && run->number == number ? run_of(edit(id).phase) : nullptr;
}

Run* Turn::launching_run_at(ServiceId id, RunNumber number) {
  Run* run = run_at(id, number);
  return run != nullptr && run->pid == 0 ? run : nullptr;
}

void Turn::touch(ServiceId id) {
  bool& queued = stack_.marks_[id.index].queued;
  if (!queued) work_.push_back(id);
  queued = true;
}

void Turn::touch_neighbours(ServiceId id) {
  for (const auto& dependent : stack_.dependents(id))
    touch(dependent.id);
  // To what it needs it matters only whether that may be signalled now.
  for (const Need& need : spec(id).needs)
    if (at(need.on).leaving) touch(need.on);
}

void Turn::count(ServiceId id, bool add) {
  stack_.counts_.count(id, spec(id), at(id), add);
}

void Turn::enter(ServiceId id, Phase next, Why why) {
  Service& service = edit(id);
  bool& changed = stack_.marks_[id.index].changed;
  if (!changed) changes_.push_back({id, name_of(service.phase), service.since});
  changed = true;
  count(id, false);
  stack_.turn_queue_.erase(turn_key(id));
  service.phase = std::move(next);
  service.why = std::move(why);
  service.since = now_.mono;
  service.since_wall = now_.wall;
  const bool runs = run_of(service.phase) != nullptr;
  if (!runs) service.leaving = false;
  // While it waits, or is on its way there, the excuse holds until it is looked at again.
  if (!std::holds_alternative<Waiting>(service.phase) && !std::holds_alternative<Stopping>(service.phase))
    service.excused = false;
  count(id, true);
  reschedule(id);
  touch(id);
  touch_neighbours(id);
  if (!runs && spec(id).removed) touch_added();
}

void Turn::enter_waiting(ServiceId id, Why origin) {
  Waiting waiting;
  waiting.origin = origin;
  enter(id, std::move(waiting), std::move(origin));
}

void Turn::want(ServiceId id, bool wanted, Why why) {
  change(id, [&](Service& service) {
    service.wanted = wanted;
    service.goal = std::move(why);
  });
  touch(id);
  touch_neighbours(id);
}

void Turn::reschedule(ServiceId id) {
  stack_.deadlines_.set(id.index + 1, due_time(spec(id), at(id).phase));
}

void Turn::reschedule_stack() {
  stack_.deadlines_.set(0, due_time(stack_.state_));
}

void Turn::settle() {
  std::size_t next = 0;
  do {
    for (; next < work_.size(); ++next) {
      const ServiceId id = work_[next];
      stack_.marks_[id.index].queued = false;
      review(id);
    }
    escalate();
    // Only when it is known who else leaves, which may be before it in order.
    if (next < work_.size()) continue;
    signal_leavers();
    // What has just left may be on its way again, and others are ordered after it.
    if (next == work_.size()) give_turns();
  } while (next < work_.size());
  reload_those_who_stay();
  report();
  judge();
}

void Turn::report() {
  for (const Change& change : changes_) {
    stack_.marks_[change.id.index].changed = false;
    const Service& service = at(change.id);
    const PhaseName to = name_of(service.phase);
    if (to == change.from) continue;
    actions_.push_back(
        ReportPhase{change.id, service.last_run, change.from, to, service.why, now_.mono - change.since});
  }
}

} // namespace holdfast::model
