#include "model/stack.h"
#include "model/words.h"

#include <vector>

namespace holdfast::model {
namespace {

using State = Outcome::State;

std::string about(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  std::string text = stack.spec(id).name + " is " + std::string(word(name_of(service.phase)));
  const std::string why = words(stack, service.why);
  if (!why.empty()) text += ": " + why;
  return text;
}

Outcome of_start(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  if (!service.wanted) return {State::failed, about(stack, id)};
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  if (stopping != nullptr && stopping->stage == StopStage::overdue) return {State::failed, about(stack, id)};
  if (service.restart_asked || service.leaving) return {State::pending, about(stack, id)};
  switch (name_of(service.phase)) {
  case PhaseName::ready:
  case PhaseName::done: return {State::done, {}};
  case PhaseName::failed: return {State::failed, about(stack, id)};
  case PhaseName::waiting:
    return {std::get<Waiting>(service.phase).held ? State::failed : State::pending, about(stack, id)};
  case PhaseName::down:
  case PhaseName::starting:
  case PhaseName::unready:
  case PhaseName::stopping:
  case PhaseName::backoff: return {State::pending, about(stack, id)};
  }
  return {State::pending, {}};
}

Outcome of_stop(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  if (service.wanted) return {State::failed, stack.spec(id).name + " was started again meanwhile"};
  if (run_of(service.phase) == nullptr) return {State::done, {}};
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  const bool overdue = stopping != nullptr && stopping->stage == StopStage::overdue;
  return {overdue ? State::failed : State::pending, about(stack, id)};
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
