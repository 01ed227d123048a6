#pragma once

#include "base/result.h"

#include <string>

namespace holdfast::archives {

/// This process has what nobody else wants of processors and disks, and ends with its parent. What the kernel
/// refuses of it is left as it is.
void become_idle();

/// Locks the file, which is made where it is missing, for nobody but us to open (others could hold a lock
/// that they can open): for as long as this process lives. EWOULDBLOCK: another one has it.
[[nodiscard]] Status lock_until_the_end(const std::string& path);

} // namespace holdfast::archives
