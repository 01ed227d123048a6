#pragma once
// What the daemon left in its state directory, for when none runs.

#include "base/result.h"
#include "client/verbs.h"
#include "wire/status_view.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::client {

[[nodiscard]] Result<wire::StatusView> last_known_status(const std::string& state_directory);

/// Says why there is no connection and, where that is because no daemon runs, shows what the last one left.
[[nodiscard]] ExitCode show_last_known(Context& context, const Error& error,
                                       const std::function<void(const wire::StatusView&)>& show);

/// At most the last `most`, oldest first. Lines that are none (a disk that was full) are passed over.
[[nodiscard]] Result<std::vector<wire::EventLine>> last_known_events(const std::string& state_directory,
                                                                     std::size_t most);

} // namespace holdfast::client
