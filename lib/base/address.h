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

} // namespace holdfast
