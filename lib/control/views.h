#pragma once
// From the model's state to what `status` and `events` show.

#include "base/time.h"
#include "engine/control_port.h"
#include "wire/status_view.h"

namespace holdfast::control {

/// The whole of `status`. Services that are failed or in backoff come with the last lines of their logs, as
/// far as all of them fit into one answer.
[[nodiscard]] wire::StatusView status_view(const engine::ControlPort& port, WallTime now);

[[nodiscard]] wire::EventLine event_line(const engine::EventRecord& record);

} // namespace holdfast::control
