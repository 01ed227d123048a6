#include "model/turn.h"

#include <algorithm>

namespace holdfast::model {
namespace {

bool is_coming(const Service& service) {
  if (const auto* waiting = std::get_if<Waiting>(&service.phase)) return !waiting->held;
  if (const auto* stopping = std::get_if<Stopping>(&service.phase))
    return service.wanted && stopping->stage != StopStage::overdue;
  return std::holds_alternative<Starting>(service.phase) || std::holds_alternative<Backoff>(service.phase) ||
         (service.wanted && service.leaving);
}

void add_to(unsigned& counter, bool counts, bool add) {
  if (counts) add ? ++counter : --counter;
}

void keep_in(std::set<ServiceId>& set, ServiceId id, bool counts, bool add) {
  if (!counts) return;
  if (add)
    set.insert(id);
  else
    set.erase(id);
}

/// When a service's phase has to be looked at again.
struct Due {
  const ServiceSpec& spec;

  MonoTime operator()(const Waiting& phase) const { return phase.look_again; }
  MonoTime operator()(const Starting& phase) const {
    const MonoTime end = phase.held ? later(phase.run.spawned, spec.progress_up_to) : phase.deadline;
    return std::min({end, phase.ready.next, phase.progress.next});
  }
  MonoTime operator()(const Ready& phase) const { return std::min(phase.ready.next, phase.live.next); }
  MonoTime operator()(const Unready& phase) const {
    return std::min({phase.deadline, phase.ready.next, phase.live.next});
  }
  MonoTime operator()(const Stopping& phase) const { return phase.due; }
  MonoTime operator()(const Backoff& phase) const { return phase.until; }
  MonoTime operator()(const Down&) const { return never; }
  MonoTime operator()(const Failed&) const { return never; }
  MonoTime operator()(const Finished&) const { return never; }
};

} // namespace

bool is_up(const Service& service) {
  const bool up =
      std::holds_alternative<Ready>(service.phase) || std::holds_alternative<Finished>(service.phase);
  return up && !service.leaving;
}

Run* Turn::run_at(ServiceId id, RunNumber number) {
  Run* run = run_of(at(id).phase);
  return run != nullptr && run->number == number ? run : nullptr;
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
  const Service& service = at(id);
  const bool up = is_up(service);
  const bool expected = service.wanted || spec(id).enabled;
  add_to(stack_.starting_, std::holds_alternative<Starting>(service.phase), add);
  add_to(stack_.running_, run_of(service.phase) != nullptr, add);
  add_to(stack_.coming_, is_coming(service), add);
  add_to(stack_.wanted_, service.wanted, add);
  add_to(stack_.wanted_up_, service.wanted && up, add);
  add_to(stack_.critical_failed_, spec(id).critical && std::holds_alternative<Failed>(service.phase), add);
  keep_in(stack_.critical_missing_, id, spec(id).critical && expected && !up, add);
  keep_in(stack_.others_missing_, id, !spec(id).critical && service.wanted && !up, add);
}

void Turn::enter(ServiceId id, Phase next, Why why) {
  Service& service = at(id);
  bool& changed = stack_.marks_[id.index].changed;
  if (!changed) changes_.push_back({id, name_of(service.phase), service.since});
  changed = true;
  count(id, false);
  stack_.turn_queue_.erase(turn_key(id));
  service.phase = std::move(next);
  service.why = std::move(why);
  service.since = now_.mono;
  service.since_wall = now_.wall;
  if (run_of(service.phase) == nullptr) service.leaving = false;
  count(id, true);
  reschedule(id);
  touch(id);
  touch_neighbours(id);
}

void Turn::enter_waiting(ServiceId id, Why origin) {
  Waiting waiting;
  waiting.origin = origin;
  enter(id, std::move(waiting), std::move(origin));
}

void Turn::want(ServiceId id, bool wanted, Why why) {
  Service& service = at(id);
  count(id, false);
  service.wanted = wanted;
  service.goal = std::move(why);
  count(id, true);
  touch(id);
  touch_neighbours(id);
}

void Turn::reschedule(ServiceId id) {
  stack_.deadlines_.set(id.index, std::visit(Due{spec(id)}, at(id).phase));
}

void Turn::settle() {
  std::size_t next = 0;
  do {
    for (; next < work_.size(); ++next) {
      const ServiceId id = work_[next];
      stack_.marks_[id.index].queued = false;
      review(id);
    }
    // Only when it is known who else leaves, which may be before it in order.
    signal_leavers();
    give_turns();
  } while (next < work_.size());
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
