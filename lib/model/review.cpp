#include "model/turn.h"

#include <utility>

namespace holdfast::model {
namespace {

/// Whether a start of this service is going on or about to, so that one that is ordered after it should wait.
bool is_on_its_way(const Service& service) {
  if (!service.wanted) return false;
  if (const auto* waiting = std::get_if<Waiting>(&service.phase)) return !waiting->held;
  return service.leaving || std::holds_alternative<Down>(service.phase) ||
         std::holds_alternative<Starting>(service.phase);
}

/// Nothing of it runs any more, or it is beyond our power to end what does.
bool is_at_rest(const Service& service) {
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  if (stopping != nullptr) return stopping->stage == StopStage::overdue;
  return run_of(service.phase) == nullptr;
}

bool is_held(const Service& service) {
  const auto* waiting = std::get_if<Waiting>(&service.phase);
  return waiting != nullptr && waiting->held;
}

Why why_on(Cause cause, ServiceId other) {
  Why why;
  why.cause = cause;
  why.other = other;
  return why;
}

} // namespace

void Turn::review(ServiceId id) {
  Service& service = at(id);
  if (run_of(service.phase) != nullptr) return review_run(id);
  const bool is_down = std::holds_alternative<Down>(service.phase);
  if (!service.wanted) {
    service.starts_fresh = false;
    if (!is_down) enter(id, Down{}, service.goal);
    return;
  }
  if (service.starts_fresh) {
    service.starts_fresh = false;
    return enter_waiting(id, service.goal);
  }
  if (is_down) return enter_waiting(id, service.goal);
  const auto* backoff = std::get_if<Backoff>(&service.phase);
  if (backoff != nullptr && backoff->until <= now_.mono) {
    Why origin = service.why;
    origin.pause = {};
    return enter_waiting(id, std::move(origin));
  }
  if (std::holds_alternative<Waiting>(service.phase)) review_waiting(id);
}

void Turn::review_waiting(ServiceId id) {
  auto& waiting = std::get<Waiting>(at(id).phase);
  auto blocker = blocked_by_need(id);
  if (!blocker) blocker = blocked_by_soft_need(id);
  if (blocker) {
    // What was seen of the requirements is old when the last need comes.
    waiting.look = Look::unknown;
    waiting.look_again = never;
    reschedule(id);
    return wait_because(id, std::move(blocker->why), blocker->held);
  }
  if (waiting.look == Look::asked || (waiting.look_again != never && waiting.look_again > now_.mono)) return;
  if (spec(id).program.requirements.empty()) waiting.look = Look::satisfied;
  if (waiting.look == Look::satisfied) {
    waiting.look_again = never;
    reschedule(id);
    Why turn;
    turn.cause = Cause::turn;
    turn.count = stack_.spec().start_at_once;
    wait_because(id, std::move(turn), false);
    // give_turns() goes on from here within this step if a turn is free.
    stack_.turn_queue_.insert(turn_key(id));
    return;
  }
  // What was missing is missing until something else is seen; what blocked before that is over.
  if (waiting.look_again == never) wait_because(id, waiting.origin, false);
  waiting.look = Look::asked;
  waiting.look_again = never;
  reschedule(id);
  actions_.push_back(LookAtRequirements{id});
}

std::optional<Turn::Blocker> Turn::blocked_by_need(ServiceId id) {
  for (const Need& need : spec(id).needs) {
    const Service& other = at(need.on);
    if (need.soft || is_up(other)) continue;
    if (std::holds_alternative<Failed>(other.phase))
      return Blocker{why_on(Cause::need_failed, need.on), true};
    if (!other.wanted) return Blocker{why_on(Cause::need_stopped, need.on), true};
    return Blocker{why_on(Cause::need, need.on), is_held(other)};
  }
  return std::nullopt;
}

std::optional<Turn::Blocker> Turn::blocked_by_soft_need(ServiceId id) {
  for (const Need& need : spec(id).needs)
    if (need.soft && is_on_its_way(at(need.on))) return Blocker{why_on(Cause::soft_need, need.on), false};
  return std::nullopt;
}

void Turn::wait_because(ServiceId id, Why why, bool held) {
  Service& service = at(id);
  stack_.turn_queue_.erase(turn_key(id));
  auto& waiting = std::get<Waiting>(service.phase);
  service.why = std::move(why);
  if (waiting.held == held) return;
  count(id, false);
  waiting.held = held;
  count(id, true);
  touch_neighbours(id);
}

void Turn::give_turns() {
  auto& queue = stack_.turn_queue_;
  while (!queue.empty() && stack_.starting_ < stack_.spec().start_at_once)
    spawn(queue.begin()->second);
}

std::optional<Why> Turn::reason_to_leave(ServiceId id) {
  const Service& service = at(id);
  if (!service.wanted || service.restart_asked) return service.goal;
  const Run& run = *run_of(service.phase);
  const auto& needs = spec(id).needs;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const Service& other = at(needs[i].on);
    if (!needs[i].soft) {
      if (std::holds_alternative<Failed>(other.phase)) return why_on(Cause::need_failed, needs[i].on);
      if (!other.wanted || other.leaving) return why_on(Cause::need_leaves, needs[i].on);
    }
    const bool new_run = std::holds_alternative<Ready>(other.phase) && other.last_run != run.needs[i];
    if (needs[i].restart && new_run) return why_on(Cause::need_restarted, needs[i].on);
  }
  return std::nullopt;
}

void Turn::review_run(ServiceId id) {
  Service& service = at(id);
  if (!service.leaving) {
    auto reason = reason_to_leave(id);
    if (!reason) return;
    count(id, false);
    service.leaving = true;
    count(id, true);
    service.why = std::move(*reason);
    touch_neighbours(id);
  }
  leavers_.push_back(id);
}

void Turn::signal_leavers() {
  for (const ServiceId id : std::exchange(leavers_, {})) {
    const Service& service = at(id);
    // One that stops already, by order or because its main process is gone, goes on as it is.
    if (!service.leaving || std::holds_alternative<Stopping>(service.phase) || !may_be_signalled(id))
      continue;
    begin_stop(id, service.why, false);
  }
}

bool Turn::may_be_signalled(ServiceId id) {
  for (const auto& dependent : stack_.dependents(id)) {
    const Service& other = at(dependent.id);
    if (is_at_rest(other)) continue;
    const bool goes_too = other.leaving || std::holds_alternative<Stopping>(other.phase);
    if (!dependent.soft || goes_too) return false;
  }
  return true;
}

} // namespace holdfast::model
