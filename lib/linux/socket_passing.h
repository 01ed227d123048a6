#pragma once

#include "model/spec.h"

#include <string>
#include <vector>

namespace holdfast::linux_os {

/// The number that the first socket has in the program; the others follow in their order.
constexpr int first_passed_socket = 3;

/// In an environment: the kernel tells the child its pid, which is written behind this (sd_listen_fds(3)).
constexpr const char* listen_pid = "LISTEN_PID=";

/// "NAME=value": how the program is told of its sockets, all of which it gets. Nothing where it has none.
[[nodiscard]] std::vector<std::string> passing_environment(const model::Program& program);

/// Whether it expects them to be blocking. What a socket is stays with it over all who share it, so that
/// each start sets it anew.
[[nodiscard]] bool passed_blocking(const model::Program& program);

} // namespace holdfast::linux_os
