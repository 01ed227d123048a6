#pragma once
// Small services that misbehave on purpose.

#include "support/stack_directory.h"

#include <string>

namespace holdfast::test {

/// One service that runs a line of /bin/sh as root; `keys`: further lines of its configuration, such as
/// "stop: [{signal: SIGTERM, wait: 1s}]". It is ready as soon as it runs, unless the keys say otherwise.
[[nodiscard]] std::string shell_service(const std::string& name, const std::string& line,
                                        const std::string& keys = "");

/// A service that does nothing for ever.
[[nodiscard]] inline std::string idle_service(const std::string& name, const std::string& keys = "") {
  return shell_service(name, "exec sleep 100000", keys);
}

} // namespace holdfast::test
