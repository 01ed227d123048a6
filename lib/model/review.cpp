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
  const auto* unready = std::get_if<Unready>(&service.phase);
  return (waiting != nullptr && waiting->held) || (unready != nullptr && unready->held && !service.leaving);
}

} // namespace

void Turn::review(ServiceId id) {
  const Service& service = at(id);
  if (run_of(service.phase) != nullptr) return review_run(id);
  const bool is_down = std::holds_alternative<Down>(service.phase);
  if (!service.wanted) {
    if (service.starts_fresh) edit(id).starts_fresh = false;
    if (!is_down) enter(id, Down{}, service.goal);
    return;
  }
  if (service.starts_fresh) {
    edit(id).starts_fresh = false;
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
  if (at(id).remembered) return enter(id, Finished{}, because(Cause::remembered));
  auto& waiting = std::get<Waiting>(edit(id).phase);
  auto blocker = blocked(id);
  if (!blocker) return is_external(id) ? watch_external(id) : review_free(id, waiting);
  // What was seen of the requirements is old when the last need comes.
  waiting.look = Look::unknown;
  waiting.look_again = never;
  reschedule(id);
  wait_because(id, std::move(*blocker));
}

void Turn::review_free(ServiceId id, Waiting& waiting) {
  if (waiting.look == Look::asked || (waiting.look_again != never && waiting.look_again > now_.mono)) return;
  if (!is_looked_at(spec(id).program)) waiting.look = Look::satisfied;
  if (waiting.look == Look::satisfied) {
    waiting.look_again = never;
    reschedule(id);
    Why turn = because(Cause::turn);
    turn.count = stack_.spec().start_at_once;
    wait_because(id, {.why = std::move(turn)});
    // give_turns() goes on from here within this step if a turn is free.
    stack_.turn_queue_.insert(turn_key(id));
    return;
  }
  // What was missing is missing until something else is seen; what blocked before that is over.
  if (waiting.look_again == never) wait_because(id, {.why = waiting.origin});
  waiting.look = Look::asked;
  waiting.look_again = never;
  reschedule(id);
  actions_.push_back(LookAtRequirements{id});
}

std::optional<Turn::Blocker> Turn::blocked(ServiceId id) {
  if (auto blocker = blocked_by_need(id)) return blocker;
  if (auto blocker = blocked_by_soft_need(id)) return blocker;
  if (auto blocker = blocked_by_condition(id)) return blocker;
  return blocked_by_removal(id);
}

std::optional<Turn::Blocker> Turn::blocked_by_need(ServiceId id) {
  for (const Need& need : spec(id).needs) {
    const Service& other = at(need.on);
    if (need.soft || is_up(other)) continue;
    if (std::holds_alternative<Failed>(other.phase))
      return Blocker{.why = because(Cause::need_failed, need.on), .held = true};
    if (!other.wanted)
      return Blocker{.why = because(Cause::need_stopped, need.on), .held = true, .excused = true};
    return Blocker{.why = because(Cause::need, need.on), .held = is_held(other), .excused = other.excused};
  }
  return std::nullopt;
}

std::optional<Turn::Blocker> Turn::blocked_by_soft_need(ServiceId id) {
  for (const Need& need : spec(id).needs)
    if (need.soft && is_on_its_way(at(need.on))) return Blocker{.why = because(Cause::soft_need, need.on)};
  return std::nullopt;
}

void Turn::wait_because(ServiceId id, Blocker blocker) {
  Service& service = edit(id);
  stack_.turn_queue_.erase(turn_key(id));
  service.why = std::move(blocker.why);
  if (is_held(service) == blocker.held && service.excused == blocker.excused) return;
  change(id, [&](Service& waits) {
    std::get<Waiting>(waits.phase).held = blocker.held;
    waits.excused = blocker.excused;
  });
  touch_neighbours(id);
}

void Turn::give_turns() {
  auto& queue = stack_.turn_queue_;
  while (!queue.empty() && stack_.counts_.starting < stack_.spec().start_at_once)
    spawn(queue.begin()->second);
}

std::optional<Turn::Blocker> Turn::reason_to_leave(ServiceId id) {
  const Service& service = at(id);
  if (!service.wanted || service.restart_asked) return Blocker{.why = service.goal};
  const Run& run = *run_of(service.phase);
  const auto& needs = spec(id).needs;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const Service& other = at(needs[i].on);
    if (!needs[i].soft) {
      if (std::holds_alternative<Failed>(other.phase))
        return Blocker{.why = because(Cause::need_failed, needs[i].on)};
      if (!other.wanted || other.leaving)
        return Blocker{.why = because(Cause::need_leaves, needs[i].on),
                       .excused = !other.wanted || other.excused};
    }
    const bool new_run = std::holds_alternative<Ready>(other.phase) && other.last_run != run.needs[i];
    if (needs[i].restart && new_run) return Blocker{.why = because(Cause::need_restarted, needs[i].on)};
  }
  return lost_volume(id);
}

void Turn::review_unready(ServiceId id) {
  const auto blocker = blocked_by_need(id);
  const bool held = is_external(id) || (blocker && blocker->held);
  if (std::get<Unready>(at(id).phase).held == held) return;
  std::get<Unready>(edit(id).phase).held = held;
  touch_neighbours(id);
}

void Turn::review_run(ServiceId id) {
  if (!at(id).leaving) {
    if (std::holds_alternative<Unready>(at(id).phase)) review_unready(id);
    auto reason = reason_to_leave(id);
    if (!reason) return;
    change(id, [&](Service& service) {
      service.leaving = true;
      service.excused = reason->excused;
      service.why = std::move(reason->why);
    });
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
