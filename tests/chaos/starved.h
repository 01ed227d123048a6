#pragma once
// Takes from a running process what it needs.

#include <cstdint>
#include <sys/resource.h>
#include <sys/types.h>

namespace holdfast::test {

/// A soft limit of another process that is lowered as long as this lives; a process that ends meanwhile
/// takes it along.
class LoweredLimit {
public:
  LoweredLimit(pid_t pid, __rlimit_resource resource, rlim_t value);
  ~LoweredLimit();
  LoweredLimit(const LoweredLimit&) = delete;
  LoweredLimit& operator=(const LoweredLimit&) = delete;

private:
  pid_t pid_;
  __rlimit_resource resource_;
  std::uint64_t start_; ///< with the pid it names the process
  rlimit before_{};
};

/// Bytes of address space.
[[nodiscard]] std::uint64_t address_space(pid_t pid);
/// In ticks of sysconf(_SC_CLK_TCK).
[[nodiscard]] std::uint64_t processor_time(pid_t pid);

} // namespace holdfast::test
