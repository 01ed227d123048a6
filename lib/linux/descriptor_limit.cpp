#include "linux/descriptor_limit.h"

#include <cerrno>

namespace holdfast::linux_os {
namespace {

/// A process has one limit, so this is one value as well.
std::optional<rlimit>& remembered() {
  static std::optional<rlimit> limit;
  return limit;
}

} // namespace

Status raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_error("getrlimit", errno);
  const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) return system_error("setrlimit", errno);
  remembered() = limit;
  return Done{};
}

const std::optional<rlimit>& descriptor_limit_at_start() {
  return remembered();
}

} // namespace holdfast::linux_os
