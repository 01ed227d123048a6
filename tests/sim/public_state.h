#pragma once
// What the rules read off the model's public state, in their own words.

#include "model/stack.h"

namespace holdfast::sim {

[[nodiscard]] inline bool is_external(const model::Stack& stack, ServiceId id) {
  return !stack.spec(id).external.empty();
}

[[nodiscard]] inline bool answers(const model::Stack& stack, ServiceId id) {
  const model::Service& service = stack.service(id);
  const model::PhaseName phase = model::name_of(service.phase);
  return (phase == model::PhaseName::ready || phase == model::PhaseName::done) && !service.leaving;
}

[[nodiscard]] inline bool has_run(const model::Stack& stack, ServiceId id) {
  return model::run_of(stack.service(id).phase) != nullptr;
}

/// The end of its run was begun.
[[nodiscard]] inline bool is_stopping(const model::Stack& stack, ServiceId id) {
  return std::holds_alternative<model::Stopping>(stack.service(id).phase);
}

/// Waiting for something that does not come by itself.
[[nodiscard]] inline bool is_held(const model::Stack& stack, ServiceId id) {
  const auto* waiting = std::get_if<model::Waiting>(&stack.service(id).phase);
  return waiting != nullptr && waiting->held;
}

/// Of one that runs and does not answer: nothing here will make it.
[[nodiscard]] inline bool is_stuck(const model::Stack& stack, ServiceId id) {
  const auto* unready = std::get_if<model::Unready>(&stack.service(id).phase);
  return unready != nullptr && unready->held;
}

/// A start of it goes on or is about to.
[[nodiscard]] inline bool is_on_its_way(const model::Stack& stack, ServiceId id) {
  const model::Service& service = stack.service(id);
  if (!service.wanted) return false;
  switch (model::name_of(service.phase)) {
  case model::PhaseName::waiting: return !is_held(stack, id);
  case model::PhaseName::starting: return true;
  case model::PhaseName::ready:
  case model::PhaseName::unready:
  case model::PhaseName::stopping: return service.leaving;
  case model::PhaseName::down:
  case model::PhaseName::backoff:
  case model::PhaseName::failed:
  case model::PhaseName::done: return false;
  }
  return false;
}

/// Whether the stack's verdict counts it: by what an operator or the configuration asks for.
[[nodiscard]] inline bool counts(const model::Stack& stack, ServiceId id) {
  return stack.spec(id).task != model::TaskRun::on_command;
}

} // namespace holdfast::sim
