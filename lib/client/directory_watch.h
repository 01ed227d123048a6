#pragma once

#include "base/fd.h"

#include <chrono>
#include <string>

namespace holdfast::client {

/// Tells of files that are made in a directory, or written to. None where it cannot be watched; to wait for
/// that is to wait for the time alone.
[[nodiscard]] Fd watch_directory(const std::string& directory);

/// Until something changed, so long at most. What was told until then is taken.
void wait_for_change(const Fd& watch, std::chrono::milliseconds most);

} // namespace holdfast::client
