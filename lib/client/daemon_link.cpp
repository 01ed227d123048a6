#include "client/daemon_link.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace holdfast::client {
namespace {

constexpr std::size_t block_size = 64U << 10;

/// False when the time is over first.
Result<bool> wait_readable(int fd, std::optional<std::chrono::milliseconds> patience) {
  pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
  const int timeout = patience ? static_cast<int>(patience->count()) : -1;
  int n = 0;
  do
    n = ::poll(&wait, 1, timeout);
  while (n < 0 && errno == EINTR);
  if (n < 0) return system_error("poll", errno);
  return n > 0;
}

/// Zero would be for ever.
timeval time_of(std::chrono::milliseconds span) {
  const auto some = std::max(span, std::chrono::milliseconds(1));
  return {.tv_sec = some.count() / 1000, .tv_usec = some.count() % 1000 * 1000};
}

} // namespace

Result<DaemonLink> DaemonLink::open(const std::string& path, std::chrono::milliseconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{path + ": longer than the path of a socket may be", ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("socket", errno);
  const timeval most = time_of(patience);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) != 0)
    return system_error("setsockopt", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno == EAGAIN ? Error{path + ": the daemon takes no connection", EAGAIN}
                           : system_error(path, errno);
  return DaemonLink(std::move(fd));
}

void DaemonLink::ask(const wire::ControlRequest& request) {
  const std::string line = wire::encode(request) + "\n";
  // A daemon that turns us away has closed its end already; what it said is still there to be read. So the
  // outcome of the sending tells nothing that next() does not tell better.
  static_cast<void>(::send(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL));
}

Result<std::optional<wire::ControlReply>>
DaemonLink::next(std::optional<std::chrono::milliseconds> patience) {
  std::string block(block_size, '\0');
  for (;;) {
    if (const auto line = lines_.next()) {
      auto reply = wire::decode_reply(*line);
      if (!reply) return reply.error().in("the daemon's answer");
      return std::optional(std::move(reply).value());
    }
    if (lines_.overlong()) return Error{"the daemon's answer is longer than agreed"};
    const auto readable = wait_readable(fd_.get(), patience);
    if (!readable) return readable.error();
    if (!readable.value()) return std::optional<wire::ControlReply>{};
    const ssize_t n = ::recv(fd_.get(), block.data(), block.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error{"the daemon closed the connection", ECONNRESET};
    lines_.feed(std::string_view(block).substr(0, static_cast<std::size_t>(n)));
  }
}

bool nobody_listens(const Error& error) {
  return error.code == ENOENT || error.code == ECONNREFUSED || error.code == ENOTDIR;
}

} // namespace holdfast::client
