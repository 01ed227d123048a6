#pragma once

#include "model/stack.h"

#include <vector>

namespace holdfast::control {

/// Of several commands: failed where one has failed, then pending where one is.
[[nodiscard]] model::Outcome outcome_of(const model::Stack& stack,
                                        const std::vector<model::CommandAsked>& commands);

} // namespace holdfast::control
