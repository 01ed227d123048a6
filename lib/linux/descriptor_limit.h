#pragma once

#include "base/result.h"

#include <optional>
#include <sys/resource.h>

namespace holdfast::linux_os {

/// Raises our own soft limit of open descriptors to the hard one: a stack needs some seven for each service.
/// What is spawned from then on still gets the limit that we were started with (select(2) and old programs
/// break on high ones). To be called once, before threads.
[[nodiscard]] Status raise_descriptor_limit();

/// What we were started with; nothing where it was not raised.
[[nodiscard]] const std::optional<rlimit>& descriptor_limit_at_start();

} // namespace holdfast::linux_os
