#include "model/stack.h"
#include "model/words.h"

#include <vector>

namespace holdfast::model {
namespace {

using State = Outcome::State;

Outcome of_start(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  if (!service.wanted) return {State::failed, standing(stack, id)};
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  if (stopping != nullptr && stopping->stage == StopStage::overdue)
    return {State::failed, standing(stack, id)};
  if (service.restart_asked || service.leaving) return {State::pending, standing(stack, id)};
  switch (name_of(service.phase)) {
  case PhaseName::ready:
  case PhaseName::done: return {State::done, {}};
  case PhaseName::failed: return {State::failed, standing(stack, id)};
  case PhaseName::waiting:
    return {std::get<Waiting>(service.phase).held ? State::failed : State::pending, standing(stack, id)};
  case PhaseName::down:
  case PhaseName::starting:
  case PhaseName::unready:
  case PhaseName::stopping:
  case PhaseName::backoff: return {State::pending, standing(stack, id)};
  }
  return {State::pending, {}};
}

Outcome of_stop(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  if (service.wanted) return {State::failed, stack.spec(id).name + " was started again meanwhile"};
  if (run_of(service.phase) == nullptr) return {State::done, {}};
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  const bool overdue = stopping != nullptr && stopping->stage == StopStage::overdue;
  return {overdue ? State::failed : State::pending, standing(stack, id)};
}

/// Failed if one failed, else pending if one is, else done.
template <typename Each>
Outcome of_all(const std::vector<ServiceId>& services, Each each) {
  Outcome all{State::done, {}};
  for (const ServiceId id : services) {
    Outcome one = each(id);
    if (one.state == State::failed) return one;
    if (one.state == State::pending && all.state == State::done) all = std::move(one);
  }
  return all;
}

std::vector<ServiceId> everyone(const Stack& stack) {
  std::vector<ServiceId> all;
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    all.push_back({i});
  return all;
}

Outcome of_whole_start(const Stack& stack) {
  if (stack.verdict() == Verdict::stopping || stack.verdict() == Verdict::stopped)
    return {State::failed, "the stack was stopped meanwhile"};
  if (stack.coming()) return {State::pending, verdict_words(stack)};
  return {stack.door_open() ? State::done : State::failed, verdict_words(stack)};
}

} // namespace

Outcome outcome_of(const Stack& stack, const CommandAsked& command) {
  const auto stop = [&stack](ServiceId id) { return of_stop(stack, id); };
  const auto start = [&stack](ServiceId id) { return of_start(stack, id); };
  const bool all = command.services.empty();
  if (command.verb == Verb::stop) return of_all(all ? everyone(stack) : command.services, stop);
  if (stack.shutting_down())
    return {State::failed, stack.state().given_up ? verdict_words(stack) : "the daemon is shutting down"};
  return all ? of_whole_start(stack) : of_all(command.services, start);
}

} // namespace holdfast::model
