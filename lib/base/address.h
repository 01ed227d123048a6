#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

/// Where a peer listens: a path, or a host and a port.
struct PeerAddress {
  std::string host{}; ///< an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string path{}; ///< of a unix socket; empty: none
  bool operator==(const PeerAddress&) const = default;
};

/// "127.0.0.1:5432", "[::1]:5432", "db.example.org:5432", "unix:/run/postgresql/.s.PGSQL.5432".
[[nodiscard]] Result<PeerAddress> peer_address_of(std::string_view target);

/// An address of this machine that a socket can be bound to: no name, and the host as inet_ntop(3) writes it.
[[nodiscard]] Result<PeerAddress> listening_address_of(std::string_view text);

/// "127.0.0.1:5432", "[::1]:5432", "unix:/run/x".
[[nodiscard]] std::string written(const PeerAddress& address);

/// Of a host, not of a path.
[[nodiscard]] bool is_v6(const PeerAddress& address);
[[nodiscard]] bool is_any_host(const PeerAddress& address); ///< 0.0.0.0 or ::

/// Whether two sockets could not listen on both. Precondition: they are listening addresses. Those of IPv4
/// and IPv6 are apart, as a socket of IPv6 takes no connection of IPv4.
[[nodiscard]] bool overlap(const PeerAddress& a, const PeerAddress& b);

} // namespace holdfast
