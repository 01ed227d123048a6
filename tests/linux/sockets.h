#pragma once
// Listening sockets of a test's own.

#include "linux/listening_socket.h"
#include "support/ports.h"

#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::test {

inline model::SocketSpec socket_at(const std::string& address) {
  return {.name = "web", .address = address, .group = {}};
}

inline std::string loopback(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

inline Fd open_at(const model::SocketSpec& socket) {
  auto opened = linux_os::open_listening_socket(socket, {});
  if (!opened) throw std::runtime_error(opened.error().what);
  return std::move(opened).value();
}

/// A connection to it; no descriptor where it was refused, with errno.
inline Fd connect_to(const std::string& address) {
  const auto where = listening_address_of(address).value();
  Fd fd(::socket(where.path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  int failed = 0;
  if (where.path.empty()) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(where.port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    failed = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
    // On the loopback the answer is there when the call returns.
    if (failed != 0 && errno == EINPROGRESS) failed = 0;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) errno = failed = error;
  } else {
    sockaddr_un peer{};
    peer.sun_family = AF_UNIX;
    where.path.copy(peer.sun_path, sizeof peer.sun_path - 1);
    failed = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
  }
  if (failed != 0) fd.reset();
  return fd;
}

} // namespace holdfast::test
