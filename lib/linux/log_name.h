#pragma once
// How the files of a service's log are named: SERVICE.log, which is written, and SERVICE.log-MOMENT for what
// was put aside, MOMENT being "20261124T065330.123456Z", so that names sort by age. Whoever compresses one
// appends to its name.

#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

[[nodiscard]] std::string log_name(std::string_view service);

/// `log`: the name of the file that is put aside. To the microsecond.
[[nodiscard]] std::string put_aside_name(std::string_view log, WallTime moment);

/// The moment that a file of `log` is named by, whatever stands behind it; nothing: it is none that was put
/// aside.
[[nodiscard]] std::optional<WallTime> moment_of(std::string_view log, std::string_view name);

/// The latest of all that are in the directory; nothing: there is none, or it cannot be read.
[[nodiscard]] std::optional<WallTime> newest_put_aside(int directory_fd, std::string_view log);

} // namespace holdfast::linux_os
