#include "control/peer.h"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

namespace holdfast::control {
namespace {

/// The kernel's own limit (NGROUPS_MAX).
constexpr std::size_t most_groups = 65536;

Result<std::vector<gid_t>> groups_of(int socket) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    const std::size_t wanted = size / sizeof(gid_t);
    if (errno != ERANGE || wanted <= groups.size() || wanted > most_groups)
      return system_error("SO_PEERGROUPS", errno);
    groups.resize(wanted);
  }
}

} // namespace

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
    return system_error("SO_PEERCRED", errno);
  auto groups = groups_of(socket);
  if (!groups) return groups.error();
  return Peer{.uid = credentials.uid,
              .gid = credentials.gid,
              .pid = credentials.pid,
              .groups = std::move(groups).value()};
}

Access access_of(const Peer& peer, uid_t own, std::optional<gid_t> readers) {
  if (peer.uid == 0 || peer.uid == own) return Access::all;
  if (!readers) return Access::none;
  const bool member = peer.gid == *readers ||
                      std::find(peer.groups.begin(), peer.groups.end(), *readers) != peer.groups.end();
  return member ? Access::read : Access::none;
}

std::string words(const Peer& peer) {
  return peer.uid == 0 ? "root" : "user " + std::to_string(peer.uid);
}

} // namespace holdfast::control
