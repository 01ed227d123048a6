#pragma once
// getpwnam(3) and getgrnam(3) as values. They ask NSS, which may ask the network: never in a loop.

#include "base/result.h"

#include <string>
#include <sys/types.h>

namespace holdfast::linux_os {

struct User {
  std::string name;
  std::string home;
  std::string shell;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// A name that nobody has is an error that says so (ENOENT). Numbers are names like any other: "0day" or "0"
/// must never come to mean root (CVE-2017-1000082).
[[nodiscard]] Result<User> find_user(const std::string& name);
[[nodiscard]] Result<User> find_user(uid_t uid);
[[nodiscard]] Result<gid_t> find_group(const std::string& name);

} // namespace holdfast::linux_os
