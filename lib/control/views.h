#pragma once
// From the model's state to what `status` and `events` show.

#include "base/time.h"
#include "engine/control_port.h"
#include "wire/status_view.h"

#include <optional>
#include <vector>

namespace holdfast::control {

/// The whole of `status`. Services that are failed or in backoff come with the last lines of their logs, as
/// far as all of them fit into one answer.
[[nodiscard]] wire::StatusView status_view(const engine::ControlPort& port, WallTime now);

/// The same without what the kernel counts, which takes a look at several files for each service.
[[nodiscard]] wire::StatusView model_view(const engine::ControlPort& port, WallTime now);

/// That with the explanations: of the stack, and of each service that is not as it should be. For when
/// nobody can be asked any more.
[[nodiscard]] wire::StatusView lasting_view(const engine::ControlPort& port, WallTime now);

/// The chain of causes of a service or, without one, of the stack's verdict; at its end what the log of the
/// last service in trouble that it names says last.
[[nodiscard]] std::vector<wire::ExplainLine> explanation(const engine::ControlPort& port,
                                                         std::optional<ServiceId> service);

[[nodiscard]] wire::EventLine event_line(const engine::EventRecord& record);

} // namespace holdfast::control
