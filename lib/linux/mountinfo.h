#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// One line of /proc/PID/mountinfo (proc(5)); octal escapes are decoded.
struct Mount {
  std::uint64_t id = 0;
  std::uint64_t parent = 0; ///< the mount it is mounted in
  std::uint64_t device = 0; ///< st_dev of files in it, but for btrfs subvolumes
  std::string root;         ///< of the file system, which directory is mounted
  std::string point;
  std::string type;
  std::string source;
  std::string options;    ///< of the mount
  std::string fs_options; ///< of the file system
};

/// Lines that are not understood are passed over.
[[nodiscard]] std::vector<Mount> parse_mountinfo(std::string_view text);
[[nodiscard]] Result<std::vector<Mount>> read_mountinfo();

/// The mount that the absolute path leads into, whatever else is mounted below it or hidden by it; nullptr
/// where the list has none. The path has no links in it: no file system is asked.
[[nodiscard]] const Mount* mount_at(const std::vector<Mount>& mounts, std::string_view path);

/// The mount is, or all of its file system.
[[nodiscard]] bool is_read_only(const Mount& mount);

} // namespace holdfast::linux_os
