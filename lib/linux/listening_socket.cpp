#include "linux/listening_socket.h"

#include "base/file.h"
#include "linux/listeners.h"
#include "linux/socket_path.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

/// An address as the calls on sockets take it.
struct Bindable {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

template <typename Address>
Bindable bindable(const Address& address) {
  Bindable made;
  std::memcpy(&made.storage, &address, sizeof address);
  made.size = sizeof address;
  return made;
}

Result<Bindable> bindable_of(const PeerAddress& address) {
  if (!address.path.empty()) {
    const auto path = unix_address(address.path);
    if (!path) return path.error();
    return bindable(path.value());
  }
  if (is_v6(address)) {
    sockaddr_in6 made{};
    made.sin6_family = AF_INET6;
    made.sin6_port = htons(address.port);
    ::inet_pton(AF_INET6, address.host.c_str(), &made.sin6_addr);
    return bindable(made);
  }
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &made.sin_addr);
  return bindable(made);
}

std::string words_of(const Holder& holder) {
  if (holder.pid == 0) return "by somebody whom only root can see";
  return "by " + holder.name + " (pid " + std::to_string(holder.pid) + ")";
}

Error in_use(const std::string& address) {
  const auto holder = holder_of(address);
  const bool known = holder && holder.value();
  return Error{address + " is in use" + (known ? " " + words_of(*holder.value()) : ""), EADDRINUSE};
}

Error bind_error(const std::string& address, int code) {
  if (code == EADDRINUSE) return in_use(address);
  if (code == EADDRNOTAVAIL) return Error{address + " is no address of this machine", code};
  return system_error(address, code);
}

/// The file is ours alone to make, and what is left of another is nobody's.
Status clear_path(const std::string& path, const std::string& address) {
  const auto slash = path.rfind('/');
  if (slash != 0)
    if (auto made = make_directories(path.substr(0, slash), 0755); !made) return made;
  if (auto checked = check_directory_of(path); !checked) return checked;
  struct stat info {};
  // Whoever listens on a file that is gone is reached by nobody, and may be the one that this one replaces.
  if (::lstat(path.c_str(), &info) != 0 && errno == ENOENT) return Done{};
  const auto holder = holder_of(address);
  if (!holder) return holder.error();
  if (holder.value()) return in_use(address);
  return remove_stale_socket(path);
}

/// The mode comes last: with it others may connect.
Status give_file(const std::string& path, unsigned mode, const SocketOwner& owner) {
  if (::geteuid() == 0 && ::lchown(path.c_str(), owner.uid, owner.gid) != 0) return system_error(path, errno);
  if (::chmod(path.c_str(), mode) != 0) return system_error(path, errno);
  return Done{};
}

Status set_options(int fd, const PeerAddress& address) {
  const int on = 1;
  if (!address.path.empty()) return Done{};
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return system_error("SO_REUSEADDR", errno);
  // Whatever net.ipv6.bindv6only says: an address is one address.
  if (is_v6(address) && ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
    return system_error("IPV6_V6ONLY", errno);
  return Done{};
}

Result<Fd> bind_and_listen(const model::SocketSpec& socket, const PeerAddress& address,
                           const SocketOwner& owner) {
  const auto where = bindable_of(address);
  if (!where) return where.error();
  Fd fd(::socket(where.value().storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error(socket.address, errno);
  if (auto set = set_options(fd.get(), address); !set) return set.error();
  // Before bind(): a file gets at most this mode, so that it is at no time open to others.
  if (!address.path.empty() && ::fchmod(fd.get(), 0600) != 0) return system_error(socket.address, errno);
  if (::bind(fd.get(), where.value().generic(), where.value().size) != 0)
    return bind_error(socket.address, errno);
  if (!address.path.empty())
    if (auto given = give_file(address.path, socket.mode, owner); !given) return given.error();
  if (::listen(fd.get(), static_cast<int>(socket.backlog)) != 0) return bind_error(socket.address, errno);
  return fd;
}

Result<Fd> open_socket(const model::SocketSpec& socket, const SocketOwner& owner) {
  const auto address = listening_address_of(socket.address);
  if (!address) return address.error();
  if (!address.value().path.empty())
    if (auto cleared = clear_path(address.value().path, socket.address); !cleared) return cleared.error();
  return bind_and_listen(socket, address.value(), owner);
}

Error about(const model::SocketSpec& socket, const Error& error) {
  return error.in("socket " + socket.name);
}

template <typename Address>
Address read_as(const sockaddr_storage& storage) {
  Address address{};
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

PeerAddress inet_address(int family, const void* host, in_port_t port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, host, text.data(), text.size());
  return {.host = text.data(), .port = ntohs(port)};
}

Result<PeerAddress> address_in(const sockaddr_storage& storage, socklen_t size) {
  switch (storage.ss_family) {
  case AF_INET: {
    const auto address = read_as<sockaddr_in>(storage);
    return inet_address(AF_INET, &address.sin_addr, address.sin_port);
  }
  case AF_INET6: {
    const auto address = read_as<sockaddr_in6>(storage);
    return inet_address(AF_INET6, &address.sin6_addr, address.sin6_port);
  }
  case AF_UNIX: {
    auto address = read_as<sockaddr_un>(storage);
    constexpr std::size_t head = offsetof(sockaddr_un, sun_path);
    if (size <= head || address.sun_path[0] != '/') return Error{"a unix socket without a path", 0};
    return PeerAddress{.path = std::string(address.sun_path, ::strnlen(address.sun_path, size - head))};
  }
  }
  return Error{"a socket of another family", 0};
}

bool option(int fd, int name, int& value) {
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0;
}

} // namespace

Result<Fd> open_listening_socket(const model::SocketSpec& socket, const SocketOwner& owner) {
  auto opened = open_socket(socket, owner);
  if (!opened) return about(socket, opened.error());
  return opened;
}

Result<bool> refresh_listening_socket(int fd, const model::SocketSpec& socket, const SocketOwner& owner) {
  const auto address = listening_address_of(socket.address);
  if (!address) return about(socket, address.error());
  const std::string& path = address.value().path;
  if (!path.empty()) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
    if (auto given = give_file(path, socket.mode, owner); !given) return about(socket, given.error());
  }
  // On one that listens it sets the length of its queue.
  if (::listen(fd, static_cast<int>(socket.backlog)) != 0)
    return about(socket, system_error(socket.address, errno));
  return true;
}

Result<PeerAddress> listening_at(int fd) {
  int type = 0;
  int listens = 0;
  if (!option(fd, SO_TYPE, type) || !option(fd, SO_ACCEPTCONN, listens))
    return system_error("not a socket", errno);
  if (type != SOCK_STREAM || listens == 0) return Error{"not a socket that listens", 0};
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return system_error("getsockname", errno);
  return address_in(storage, size);
}

} // namespace holdfast::linux_os
