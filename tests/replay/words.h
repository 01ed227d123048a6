#pragma once

#include "model/events.h"
#include "model/stack.h"

#include <string>

namespace holdfast::replay {

/// "redis run 3: SIGKILL". `stack`: after the event was taken.
[[nodiscard]] std::string words(const model::Stack& stack, const model::Event& event);

/// "redis: ready > backoff (SIGKILL after 3.1 s)".
[[nodiscard]] std::string words(const model::Stack& stack, const model::Action& action);

} // namespace holdfast::replay
