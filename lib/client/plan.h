#pragma once

#include "client/terminal.h"
#include "wire/plan_view.h"

#include <string>
#include <vector>

namespace holdfast::client {

/// What a reload changes, for people: a line for each service and for the stack, and one for each of its
/// keys.
[[nodiscard]] std::vector<std::string> change_lines(const wire::PlanView& plan, const Terminal& terminal);

/// What `check` prints of the same configuration, where it has mistakes.
[[nodiscard]] std::string mistakes_shown(const wire::PlanView& plan);

} // namespace holdfast::client
