#include "control/listen.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace holdfast::control {
namespace {

constexpr int backlog = 64;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{"longer than the path of a socket may be", ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Fd make_socket() {
  return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Status remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return Done{};
    return system_error("stat", errno);
  }
  if (!S_ISSOCK(info.st_mode)) return Error{"is there and is no socket", EEXIST};
  const Fd probe = make_socket();
  if (!probe.valid()) return system_error("socket", errno);
  // EAGAIN: somebody listens whose queue is full.
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno == EAGAIN)
    return Error{"another daemon listens there", EADDRINUSE};
  if (errno != ECONNREFUSED) return system_error("connect", errno);
  if (::unlink(path.c_str()) != 0) return system_error("unlink", errno);
  return Done{};
}

Result<Fd> bind_and_listen(const std::string& path, const sockaddr_un& address,
                           std::optional<gid_t> readers) {
  Fd socket = make_socket();
  if (!socket.valid()) return system_error("socket", errno);
  // Before bind(): the file gets at most this mode, so that it is at no time open to others.
  if (::fchmod(socket.get(), 0600) != 0) return system_error("fchmod", errno);
  if (::bind(socket.get(), generic(address), sizeof address) != 0) return system_error("bind", errno);
  if (readers && ::lchown(path.c_str(), ::geteuid(), *readers) != 0) return system_error("chown", errno);
  if (::chmod(path.c_str(), 0660) != 0) return system_error("chmod", errno);
  if (::listen(socket.get(), backlog) != 0) return system_error("listen", errno);
  return socket;
}

/// Whether it is what bind_and_listen() made for this address.
Status check_held(int socket, const sockaddr_un& address) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
    return system_error("what is held for it", errno);
  sockaddr_un bound{};
  size = sizeof bound;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
    return system_error("what is held for it", errno);
  const bool is_there = bound.sun_family == AF_UNIX &&
                        std::strncmp(bound.sun_path, address.sun_path, sizeof bound.sun_path) == 0;
  if (listens == 0 || !is_there) return Error{"what is held for it does not listen there", EINVAL};
  // The description is shared with whoever held it.
  const int flags = ::fcntl(socket, F_GETFL);
  if (flags < 0 || ::fcntl(socket, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(socket, F_SETFD, FD_CLOEXEC) != 0)
    return system_error("what is held for it", errno);
  return Done{};
}

} // namespace

Result<Fd> listen_at(const std::string& path, std::optional<gid_t> readers, Fd held) {
  const auto address = address_of(path);
  if (!address) return address.error().in(path);
  if (held.valid()) {
    if (auto listens = check_held(held.get(), address.value()); !listens) return listens.error().in(path);
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) return Result<Fd>(std::move(held));
  }
  if (auto removed = remove_stale(path, address.value()); !removed) return removed.error().in(path);
  auto socket = bind_and_listen(path, address.value(), readers);
  if (!socket) return socket.error().in(path);
  return socket;
}

std::optional<gid_t> group_id(const std::string& name) {
  const group* const found = ::getgrnam(name.c_str());
  if (found == nullptr) return {};
  return found->gr_gid;
}

} // namespace holdfast::control
