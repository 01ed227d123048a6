#pragma once

#include "base/result.h"
#include "linux/controllers.h"
#include "model/spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// One file of a cgroup and what is to stand in it.
struct LimitFile {
  Controller controller = Controller::memory;
  std::string_view name;
  std::string value;
  bool is_default = false; ///< no limit is asked for: a kernel without the file has none either
};

/// All files that limits are written to, in the order in which they are to be written (memory.high before
/// memory.max, so that what can be reclaimed is, before anything is killed); each with the kernel's default
/// where there is no limit.
[[nodiscard]] std::vector<LimitFile> limit_files(const model::GroupLimits& limits);

/// Writes all limits of a cgroup whose controllers are `controllers`; those of others are passed over. To
/// lower one of memory may take its time, while the kernel reclaims, and kill. Returns what the kernel
/// refused, each with the file and the reason.
[[nodiscard]] std::vector<Error> write_limits(const std::string& cgroup, const model::GroupLimits& limits,
                                              const Controllers& controllers);

} // namespace holdfast::linux_os
