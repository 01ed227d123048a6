#include "control/listen.h"

#include <cerrno>
#include <cstring>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

} // namespace

Result<Fd> listen_at(const std::string& path, std::optional<gid_t> readers) {
  const auto address = address_of(path);
  if (!address) return address.error().in(path);
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
