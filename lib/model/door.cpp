#include "model/turn.h"

namespace holdfast::model {

void Turn::take(const DoorAsked& asked) {
  stack_.state_.door_held = !asked.open;
  stack_.state_.door_by = asked.by;
}

void Turn::move_door() {
  StackState& state = stack_.state_;
  const bool open = works(state.verdict) && !state.door_held;
  if (open == state.door_is_open && !tell_again_) return;
  state.door_is_open = open;
  // It closes first and opens last.
  if (open)
    actions_.push_back(OpenDoor{});
  else
    actions_.insert(actions_.begin() + static_cast<std::ptrdiff_t>(first_), CloseDoor{});
}

} // namespace holdfast::model
