#pragma once

#include "config/machine.h"

namespace holdfast::daemon {

/// What `check` asks of this machine: who listens where, and, as root where systemd runs, about its units.
[[nodiscard]] config::MachineQuestions machine_questions();

} // namespace holdfast::daemon
