#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <string>

namespace holdfast::engine {

/// Locks a stack for one daemon: flock(2) on `path`, mode 0600, so that nobody else can open and hold it. The
/// lock lives as long as any copy of the descriptor; `owner` is written into the file for whoever comes
/// second. The error names the pid that holds it.
[[nodiscard]] Result<Fd> take_lock(const std::string& path, int owner);

} // namespace holdfast::engine
