#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::linux_os {

using Assignments = std::vector<std::pair<std::string, std::string>>;

/// NAME=value lines as systemd reads an EnvironmentFile=: # and ; comments, '…' as it is, "…" with \" \\ \`
/// \$ and continued lines, a backslash outside of quotes takes the next character as it is. Unlike there a
/// line that is no assignment is an error. Errors name the line and never what is on it: it may be a secret.
[[nodiscard]] Result<Assignments> parse_environment(std::string_view text);

/// Reads and parses one. It must be a regular file of at most 256 KiB, belong to root or to us, and its mode
/// must give nothing that 0640 does not.
[[nodiscard]] Result<Assignments> read_environment_file(const std::string& path);

} // namespace holdfast::linux_os
