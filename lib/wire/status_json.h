#pragma once
// Between the views and JSON values; only this floor's own sources include this header.

#include "wire/json.h"
#include "wire/status_view.h"

namespace holdfast::wire {

[[nodiscard]] Json to_json(const StatusView& view);
[[nodiscard]] Json to_json(const EventLine& event);
[[nodiscard]] Json to_json(const std::vector<ExplainLine>& lines);
[[nodiscard]] Result<StatusView> status_from(const Json& value);
[[nodiscard]] Result<EventLine> event_from(const Json& value);
[[nodiscard]] Result<std::vector<ExplainLine>> explanation_from(const Json& value);

} // namespace holdfast::wire
