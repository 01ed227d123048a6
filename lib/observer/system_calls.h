#pragma once

#include "base/result.h"

namespace holdfast::observer {

/// From now on this process can make only the system calls of the list, with the arguments that the list
/// allows; any other answers ENOSYS and does nothing. Needs no_new_privs.
[[nodiscard]] Status allow_system_calls();

} // namespace holdfast::observer
