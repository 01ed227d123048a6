#include "linux/notify_socket.h"

#include "linux/cgroup.h"
#include "linux/pidfd.h"
#include "linux/socket_path.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

/// The kernel passes at most 253 descriptors with one message (SCM_MAX_FD): with less room we would not see
/// them all, and a message that was cut is refused.
constexpr std::size_t most_descriptors = 253;

struct Datagram {
  std::array<char, most_notification_bytes + 1> text{};
  std::size_t size = 0;
  bool whole = false;
  int sender = 0; ///< 0: without credentials
};

Status bind_for_all(int fd, const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return address.error();
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return system_error("SO_PASSCRED", errno);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.value()), sizeof(sockaddr_un)) != 0)
    return system_error(path, errno);
  // After bind, since the mode at birth is cut by the umask, which is the whole process's.
  if (::chmod(path.c_str(), 0666) != 0) return system_error(path, errno);
  return Done{};
}

void close_descriptors(const cmsghdr& part) {
  const std::size_t count = (part.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < count; ++i) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(&part) + i * sizeof fd, sizeof fd);
    Fd(fd).reset();
  }
}

int sender_in(const cmsghdr& part) {
  ucred credentials{};
  if (part.cmsg_len != CMSG_LEN(sizeof credentials)) return 0;
  std::memcpy(&credentials, CMSG_DATA(&part), sizeof credentials);
  return credentials.pid;
}

/// False where there is none to be read now. It stays where it is.
bool peek_datagram(int fd, Datagram& datagram) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(most_descriptors * sizeof(int))>
      control;
  iovec where{.iov_base = datagram.text.data(), .iov_len = datagram.text.size()};
  msghdr message{};
  message.msg_iov = &where;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t n = 0;
  do
    n = ::recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0) return false;
  datagram.size = static_cast<std::size_t>(n);
  datagram.whole = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
  datagram.sender = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_RIGHTS) close_descriptors(*part);
    if (part->cmsg_type == SCM_CREDENTIALS) datagram.sender = sender_in(*part);
  }
  return true;
}

/// Descriptors that came along go with it.
void take_datagram(int fd) {
  while (::recv(fd, nullptr, 0, MSG_DONTWAIT | MSG_TRUNC) < 0 && errno == EINTR) {
  }
}

/// The sender's cgroup, or nothing when it is gone: the pid may then be another's already.
std::string cgroup_of_sender(int pid) {
  const auto pidfd = open_pidfd(pid);
  if (!pidfd) return {};
  auto cgroup = cgroup_of(pid);
  if (!cgroup || !holds_pid(pidfd.value().get())) return {};
  return std::move(cgroup).value();
}

std::optional<Notification> accept(const Datagram& datagram, const NotifySocket::IsMember& is_member) {
  if (!datagram.whole || datagram.sender <= 0) return std::nullopt;
  auto notification = parse_notification({datagram.text.data(), datagram.size});
  if (!notification || !is_member(datagram.sender, cgroup_of_sender(datagram.sender))) return std::nullopt;
  notification->sender = datagram.sender;
  return notification;
}

} // namespace

NotifySocket::NotifySocket(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

Result<NotifySocket> NotifySocket::bind(const std::string& path) {
  if (auto checked = check_directory_of(path); !checked) return checked.error();
  if (auto removed = remove_stale_socket(path); !removed) return removed.error();
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return system_error("socket", errno);
  if (auto bound = bind_for_all(fd.get(), path); !bound) return bound.error();
  return NotifySocket(path, std::move(fd));
}

void NotifySocket::receive(const IsMember& is_member, const Heard& heard, std::size_t most) {
  Datagram datagram;
  for (std::size_t i = 0; i < most && peek_datagram(fd_.get(), datagram); ++i) {
    if (const auto notification = accept(datagram, is_member))
      heard(*notification);
    else
      ++rejected_;
    take_datagram(fd_.get());
  }
}

} // namespace holdfast::linux_os
