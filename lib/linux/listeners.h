#pragma once
// Who listens where, from /proc/net/{tcp,tcp6,unix} (proc(5)) and the descriptors of all processes. For a
// look now and then, not for a loop: it reads all of /proc.

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// A socket that waits for connections.
struct ListeningSocket {
  std::string address;    ///< "127.0.0.1", "::", the path of a unix socket
  std::uint16_t port = 0; ///< 0: a unix socket
  std::uint64_t inode = 0;
};

/// Of the text of /proc/net/tcp or tcp6; lines that are not understood are passed over.
[[nodiscard]] std::vector<ListeningSocket> parse_tcp_listeners(std::string_view text);
[[nodiscard]] std::vector<ListeningSocket> parse_unix_listeners(std::string_view text);

/// Whether a server that is to listen on `address` ("127.0.0.1:80", "[::1]:80", "localhost:80", "unix:/path")
/// would find it taken by this socket. A wildcard takes all; a name that is not an address may be any.
[[nodiscard]] bool takes(const ListeningSocket& socket, std::string_view address);

struct Holder {
  int pid = 0; ///< 0: not to be seen, as those of others without root
  std::string name;
  std::string cgroup; ///< below the mount of the v2 hierarchy; empty: not to be seen
};

/// Who listens on `address`; nothing: nobody does.
[[nodiscard]] Result<std::optional<Holder>> holder_of(std::string_view address);

} // namespace holdfast::linux_os
