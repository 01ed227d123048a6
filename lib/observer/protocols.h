#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// How a look of the protocol begins.
[[nodiscard]] Begin begin_of(wire::ProbeProtocol protocol);

} // namespace holdfast::observer
