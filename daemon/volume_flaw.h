#pragma once

#include "model/spec.h"

#include <string>

namespace holdfast::daemon {

/// What is not as the volume is meant to be, in words; empty where it is right. Looked at by a child, which a
/// dead disk may hold for ever, but not whoever asked. What is remembered of the volume is not compared. To
/// be called while no other thread runs.
[[nodiscard]] std::string volume_flaw(const model::VolumeSpec& volume);

} // namespace holdfast::daemon
