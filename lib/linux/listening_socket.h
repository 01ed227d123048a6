#pragma once
// Listening sockets that outlive the programs they are passed to.

#include "base/address.h"
#include "base/fd.h"
#include "base/result.h"
#include "model/spec.h"

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace holdfast::linux_os {

/// Whose a unix socket's file is.
struct SocketOwner {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Binds and listens, close-on-exec. The directory of a unix socket is made where it is missing (0755) and
/// must be root's or ours; what is left there of one that nobody listens on is removed. The error says who
/// listens there already, and names the socket. A look at /proc and at paths: not for the loop.
[[nodiscard]] Result<Fd> open_listening_socket(const model::SocketSpec& socket, const SocketOwner& owner);

/// Gives one that is open already the backlog, and its file the mode and the owner, that are meant now. False
/// where its file is gone, so that nobody reaches it any more. A path is touched: not for the loop.
[[nodiscard]] Result<bool> refresh_listening_socket(int fd, const model::SocketSpec& socket,
                                                    const SocketOwner& owner);

/// Where the kernel says that it listens. An error where it is no stream socket or does not listen.
[[nodiscard]] Result<PeerAddress> listening_at(int fd);

/// Of a listening socket.
struct SocketQueue {
  std::uint64_t waiting = 0; ///< connections that nobody has accepted yet
  std::uint64_t most = 0;    ///< so many may wait, as far as the kernel granted the backlog
};

/// Nothing where the kernel does not tell. Asks the kernel and no file system.
[[nodiscard]] std::optional<SocketQueue> queue_of(int fd);

} // namespace holdfast::linux_os
