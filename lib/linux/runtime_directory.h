#pragma once

#include "linux/spawn.h"

namespace holdfast::linux_os {

/// Makes a directory for a service's user, with its mode, where it is not there yet; missing parents become
/// ours, 0755.
///
/// The path is walked by directory descriptors and no symbolic link on it is followed. Something is made only
/// in a directory that nobody but root or we can rename things in, so what we give away is what we have just
/// made. What is there already is never given away: it must be a directory of that user, and then gets the
/// mode. (A directory of ours that is empty and closed to all others is one that we were killed in the middle
/// of making.)
[[nodiscard]] Status make_runtime_directory(const model::RuntimeDirectory& wanted, const Identity& identity);

} // namespace holdfast::linux_os
