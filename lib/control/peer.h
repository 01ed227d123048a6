#pragma once
// Who is at the other end of the control socket, as the kernel says it (SO_PEERCRED, SO_PEERGROUPS): the
// identity at the time of connect(), which the peer cannot choose.

#include "base/result.h"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace holdfast::control {

struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
  std::vector<gid_t> groups = {}; ///< supplementary
};

enum class Access { none, read, all };

[[nodiscard]] Result<Peer> peer_of(int socket);

/// Root and `own` (the user that the daemon runs as) may do all; members of `readers`, where there is such a
/// group, may read.
[[nodiscard]] Access access_of(const Peer& peer, uid_t own, std::optional<gid_t> readers);

/// "root", "user 1000": no name service is asked in the daemon's loop.
[[nodiscard]] std::string words(const Peer& peer);

} // namespace holdfast::control
