#pragma once
// As status_json.h.

#include "wire/json.h"
#include "wire/plan_view.h"

namespace holdfast::wire {

[[nodiscard]] Json to_json(const PlanView& view);
[[nodiscard]] Result<PlanView> plan_from(const Json& value);

} // namespace holdfast::wire
