#include "chaos/starved.h"

#include "chaos/process_facts.h"

#include <cerrno>
#include <system_error>

namespace holdfast::test {

LoweredLimit::LoweredLimit(pid_t pid, __rlimit_resource resource, rlim_t value)
    : pid_(pid), resource_(resource), start_(start_time(pid)) {
  if (::prlimit(pid_, resource_, nullptr, &before_) != 0)
    throw std::system_error(errno, std::generic_category(), "prlimit");
  const rlimit lowered{.rlim_cur = value, .rlim_max = before_.rlim_max};
  if (::prlimit(pid_, resource_, &lowered, nullptr) != 0)
    throw std::system_error(errno, std::generic_category(), "prlimit");
}

LoweredLimit::~LoweredLimit() {
  if (start_time(pid_) == start_) ::prlimit(pid_, resource_, &before_, nullptr);
}

std::uint64_t address_space(pid_t pid) {
  return std::stoull(stat_field(pid, 23));
}

std::uint64_t processor_time(pid_t pid) {
  return std::stoull(stat_field(pid, 14)) + std::stoull(stat_field(pid, 15));
}

} // namespace holdfast::test
