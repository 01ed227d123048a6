#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// The name of the unit that mounts something at `path`, an absolute path without "." and ".."
/// (systemd.unit(5), STRING ESCAPING FOR INCLUSION IN UNIT NAMES): "/var/lib/my-data" is
/// "var-lib-my\x2ddata.mount".
[[nodiscard]] std::string mount_unit_of(std::string_view path);

/// The units of all mounts that `path` may lie on, from the outermost to `path` itself; the root is not among
/// them, it is always there.
[[nodiscard]] std::vector<std::string> mount_units_for(std::string_view path);

} // namespace holdfast::linux_os
