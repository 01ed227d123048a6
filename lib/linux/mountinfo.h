#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// One line of /proc/PID/mountinfo (proc(5)); octal escapes are decoded.
struct Mount {
  std::string root;
  std::string point;
  std::string type;
  std::string source;
  std::string options;
};

/// Lines that are not understood are passed over.
[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
[[nodiscard]] Result<std::vector<Mount>> read_mountinfo();

} // namespace holdfast::linux_os
