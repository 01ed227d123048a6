#include "model/turn.h"

#include <cstdint>
#include <variant>
#include <vector>

namespace holdfast::model {

void step(Stack& stack, const Event& event, const Now& now, Actions& actions) {
  Turn turn(stack, now, actions);
  std::visit([&turn](const auto& fact) { turn.take(fact); }, event);
  turn.settle();
}

void Turn::take(const DeadlinePassed&) {
  // All that is due is taken out first: what one of them does may set another's deadline anew.
  std::vector<std::uint32_t> owners;
  while (stack_.deadlines_.next() <= now_.mono) {
    owners.push_back(stack_.deadlines_.first());
    stack_.deadlines_.set(owners.back(), never);
  }
  for (const std::uint32_t owner : owners) {
    if (owner == 0)
      stack_due();
    else
      due({owner - 1});
  }
}

void Turn::due(ServiceId id) {
  Phase& phase = edit(id).phase;
  if (std::holds_alternative<Starting>(phase)) {
    due_starting(id);
  } else if (ends_for_memory(id)) {
    return;
  } else if (auto* ready = std::get_if<Ready>(&phase)) {
    ask_if_due(id, ProbeRole::ready, ready->ready);
    ask_if_due(id, ProbeRole::live, ready->live);
  } else if (auto* unready = std::get_if<Unready>(&phase)) {
    due_unready(id, *unready);
  } else if (auto* stopping = std::get_if<Stopping>(&phase)) {
    due_stopping(id, *stopping);
  }
  reschedule(id);
  touch(id);
}

void Turn::stack_due() {
  bound_due();
  if (stack_.state_.stop_deadline <= now_.mono) stop_overdue();
  // What does not die of SIGKILL is in the kernel's hands; the daemon must not be held by it.
  if (stack_.state_.end_deadline <= now_.mono) end(1);
  reschedule_stack();
}

void Turn::stop_overdue() {
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const auto* stopping = std::get_if<Stopping>(&at({i}).phase);
    if (stopping != nullptr && stopping->stage < StopStage::killed)
      kill({i}, std::get<Stopping>(edit({i}).phase));
    else if (stopping == nullptr && is_external({i}) && run_of(at({i}).phase) != nullptr)
      begin_stop({i}, at({i}).goal, false);
    else if (stopping == nullptr && run_of(at({i}).phase) != nullptr)
      kill({i}, enter_stopping({i}, at({i}).goal, false));
  }
  StackState& state = stack_.state_;
  if (state.shutdown) state.end_deadline = later(state.stop_deadline, kill_grace);
  state.stop_deadline = never;
}

} // namespace holdfast::model
