#include "linux/socket_passing.h"

namespace holdfast::linux_os {
namespace {

std::string names_of(const model::Program& program) {
  std::string names;
  for (const model::SocketSpec& socket : program.sockets)
    names += (names.empty() ? "" : ":") + socket.name;
  return names;
}

std::string numbers_of(const model::Program& program) {
  std::string numbers;
  for (std::size_t i = 0; i < program.sockets.size(); ++i)
    numbers += std::to_string(first_passed_socket + static_cast<int>(i)) + ";";
  return numbers;
}

} // namespace

std::vector<std::string> passing_environment(const model::Program& program) {
  if (program.sockets.empty()) return {};
  switch (program.socket_passing) {
  case model::SocketPassing::listen_fds:
    return {"LISTEN_FDS=" + std::to_string(program.sockets.size()), "LISTEN_FDNAMES=" + names_of(program),
            listen_pid};
  case model::SocketPassing::nginx: return {"NGINX=" + numbers_of(program)};
  }
  return {};
}

bool passed_blocking(const model::Program& program) {
  switch (program.socket_passing) {
  // As systemd passes them, where nobody asked for more.
  case model::SocketPassing::listen_fds: return true;
  // It takes what it inherits for one of its own, which it has made non-blocking already: a worker whose
  // connection another took would stand still in accept().
  case model::SocketPassing::nginx: return false;
  }
  return true;
}

} // namespace holdfast::linux_os
