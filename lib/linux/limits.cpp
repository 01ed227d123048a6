#include "linux/limits.h"

#include <cstdint>
#include <linux/capability.h>
#include <optional>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

bool may_raise() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[0].effective & (1U << CAP_SYS_RESOURCE)) != 0;
}

struct Kind {
  int resource;
  const char* name;
};

void lower(std::optional<std::uint64_t>& value, const Kind& kind, std::vector<std::string>& lowered) {
  rlimit ours{};
  if (!value || ::getrlimit(static_cast<__rlimit_resource_t>(kind.resource), &ours) != 0 ||
      *value <= ours.rlim_max)
    return;
  lowered.push_back(std::string(kind.name) + ": " + std::to_string(ours.rlim_max) + " instead of " +
                    std::to_string(*value));
  value = ours.rlim_max;
}

} // namespace

model::ProcessLimits granted_limits(const model::ProcessLimits& asked, std::vector<std::string>& lowered) {
  model::ProcessLimits granted = asked;
  if (may_raise()) return granted;
  lower(granted.open_files, {RLIMIT_NOFILE, "open_files"}, lowered);
  lower(granted.locked_memory, {RLIMIT_MEMLOCK, "locked_memory"}, lowered);
  lower(granted.core, {RLIMIT_CORE, "core"}, lowered);
  return granted;
}

} // namespace holdfast::linux_os
