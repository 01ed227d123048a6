#pragma once

#include "base/ids.h"
#include "base/result.h"

namespace holdfast::client {

/// At random: no other command has it.
[[nodiscard]] Result<CommandId> draw_command_id();

} // namespace holdfast::client
