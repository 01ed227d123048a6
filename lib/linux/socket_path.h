#pragma once
// The file of a unix socket that we bind.

#include "base/result.h"

#include <string>
#include <sys/un.h>

namespace holdfast::linux_os {

/// Refused where it is too long. Errors name the path; so do those of the next two.
[[nodiscard]] Result<sockaddr_un> unix_address(const std::string& path);

/// Whether only root and we can put something else where we bind: the directory must be root's or ours and
/// not writable by others.
[[nodiscard]] Status check_directory_of(const std::string& path);

/// What an earlier daemon left there is a socket; anything else is not ours. Success where there is nothing.
[[nodiscard]] Status remove_stale_socket(const std::string& path);

} // namespace holdfast::linux_os
