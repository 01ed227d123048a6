#include "model/turn.h"

namespace holdfast::model {

Verdict Turn::verdict_now() const {
  const StackState& state = stack_.state_;
  if (state.given_up) return Verdict::failed;
  if (!state.up) return stack_.any_run() ? Verdict::stopping : Verdict::stopped;
  if (stack_.critical_missing().empty())
    return stack_.others_missing().empty() ? Verdict::working : Verdict::degraded;
  return state.fresh && stack_.coming() ? Verdict::starting : Verdict::broken;
}

void Turn::judge() {
  StackState& state = stack_.state_;
  const Verdict before = state.verdict;
  state.verdict = verdict_now();
  if (works(state.verdict)) state.fresh = false;
  if (state.verdict != before) {
    state.verdict_since = now_.wall;
    actions_.push_back(ReportVerdict{before, state.verdict});
  }
  set_bound();
  move_door();
  const bool is_due = state.shutdown && !stack_.any_run() && !state.ended;
  if (is_due || (state.ended && tell_again_)) end(state.end_code);
}

void Turn::end(int code) {
  StackState& state = stack_.state_;
  state.ended = true;
  state.end_code = code;
  state.stop_deadline = never;
  state.end_deadline = never;
  actions_.push_back(End{code});
}

} // namespace holdfast::model
