#pragma once
// When something has to be looked at again, though nothing happens.

#include "base/time.h"
#include "model/phase.h"
#include "model/spec.h"
#include "model/state.h"

namespace holdfast::model {

[[nodiscard]] MonoTime due_time(const ServiceSpec& spec, const Phase& phase);
/// Of the stack's own bounds.
[[nodiscard]] MonoTime due_time(const StackState& state);

} // namespace holdfast::model
