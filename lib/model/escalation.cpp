#include "model/turn.h"
#include "model/words.h"

#include <algorithm>
#include <utility>

namespace holdfast::model {
void Turn::escalate() {
  const StackState& state = stack_.state_;
  const auto& failed = stack_.counts_.critical_failed;
  if (!state.up || state.given_up || failed.empty()) return;
  // No restart of others makes a program executable.
  const auto hopeless = std::find_if(failed.begin(), failed.end(), [this](ServiceId id) {
    return at(id).why.cause == Cause::spawn_failed && at(id).why.window == Duration{};
  });
  if (hopeless != failed.end()) return give_up(because(Cause::given_up, *hopeless));
  if (!may_restart_stack()) return give_up(because(Cause::given_up, *failed.begin()));
  stack_.state_.charges.push_back(now_.mono);
  ++stack_.state_.restarts;
  restart_all(because(Cause::stack_restart, *failed.begin()));
}

bool Turn::may_restart_stack() {
  const Budget& budget = stack_.spec().stack_budget;
  auto& charges = stack_.state_.charges;
  while (!charges.empty() && now_.mono - charges.front() >= budget.window)
    charges.pop_front();
  return charges.size() < budget.count;
}

void Turn::give_up(Why why) {
  StackState& state = stack_.state_;
  // What is down in the end does not say any more what was wrong.
  why.text = verdict_words(stack_);
  state.given_up = true;
  state.given_up_why = why;
  switch (stack_.spec().when_broken) {
  case WhenBroken::stop:
    state.shutdown = true;
    state.end_code = 1;
    return stop_all(why);
  case WhenBroken::hold: return;
  }
}

void Turn::set_bound() {
  StackState& state = stack_.state_;
  const bool recovers = state.up && !state.given_up && stack_.counts_.troubled > 0;
  const bool stands_still = stack_.counts_.held > 0;
  if (!recovers) {
    state.bound = never;
    state.bound_left.reset();
  } else if (state.bound == never && !state.bound_left) {
    const Duration whole = state.fresh ? stack_.spec().start_within : stack_.spec().recover_within;
    state.bound = later(now_.mono, whole);
  }
  if (stands_still && state.bound != never) {
    state.bound_left = std::max(state.bound - now_.mono, Duration{});
    state.bound = never;
  } else if (!stands_still && state.bound_left) {
    state.bound = later(now_.mono, *state.bound_left);
    state.bound_left.reset();
  }
  reschedule_stack();
}

void Turn::bound_due() {
  const StackState& state = stack_.state_;
  if (state.bound > now_.mono) return;
  Why why;
  why.cause = state.fresh ? Cause::start_bound : Cause::recover_bound;
  why.span = state.fresh ? stack_.spec().start_within : stack_.spec().recover_within;
  give_up(std::move(why));
}

} // namespace holdfast::model
