#include "linux/listening_socket.h"

#include <array>
#include <cstring>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

/// Of a listening socket these two mean something else than of a connection (tcp_get_info() of the kernel).
std::optional<SocketQueue> tcp_queue(int fd) {
  constexpr std::uint8_t listening = 10; // TCP_LISTEN
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (info.tcpi_state != listening) return std::nullopt;
  return SocketQueue{.waiting = info.tcpi_unacked, .most = info.tcpi_sacked};
}

struct UnixQuestion {
  nlmsghdr head{};
  unix_diag_req request{};
};

std::optional<UnixQuestion> question_about(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return std::nullopt;
  UnixQuestion question;
  question.head.nlmsg_len = sizeof question;
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = AF_UNIX;
  question.request.udiag_states = ~0U;
  question.request.udiag_ino = static_cast<std::uint32_t>(info.st_ino);
  question.request.udiag_show = UDIAG_SHOW_RQLEN;
  question.request.udiag_cookie[0] = question.request.udiag_cookie[1] = ~0U;
  return question;
}

/// Netlink's macros reckon with signed numbers. All its parts stand at multiples of four.
constexpr std::size_t aligned(std::size_t size) {
  return (size + 3) / 4 * 4;
}
constexpr std::size_t message_head = aligned(sizeof(nlmsghdr));
constexpr std::size_t attribute_head = aligned(sizeof(nlattr));

/// unix(7) has no such option: sock_diag(7) is asked. For one that listens its two numbers are the queue and
/// its length.
std::optional<SocketQueue> queue_in(const char* answer, std::size_t size) {
  nlmsghdr head{};
  if (size < message_head) return std::nullopt;
  std::memcpy(&head, answer, sizeof head);
  if (head.nlmsg_type != SOCK_DIAG_BY_FAMILY || head.nlmsg_len > size) return std::nullopt;
  std::size_t at = message_head + aligned(sizeof(unix_diag_msg));
  while (at + sizeof(nlattr) <= head.nlmsg_len) {
    nlattr attribute{};
    std::memcpy(&attribute, answer + at, sizeof attribute);
    if (attribute.nla_len < attribute_head || at + attribute.nla_len > head.nlmsg_len) return std::nullopt;
    if (attribute.nla_type == UNIX_DIAG_RQLEN &&
        attribute.nla_len >= attribute_head + sizeof(unix_diag_rqlen)) {
      unix_diag_rqlen lengths{};
      std::memcpy(&lengths, answer + at + attribute_head, sizeof lengths);
      return SocketQueue{.waiting = lengths.udiag_rqueue, .most = lengths.udiag_wqueue};
    }
    at += aligned(attribute.nla_len);
  }
  return std::nullopt;
}

std::optional<SocketQueue> unix_queue(int fd) {
  const auto question = question_about(fd);
  const Fd diag(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!question || !diag.valid()) return std::nullopt;
  if (::send(diag.get(), &*question, sizeof *question, 0) < 0) return std::nullopt;
  std::array<char, 1024> answer{};
  // The kernel answers within send().
  const ssize_t n = ::recv(diag.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  if (n < 0) return std::nullopt;
  return queue_in(answer.data(), static_cast<std::size_t>(n));
}

} // namespace

std::optional<SocketQueue> queue_of(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return std::nullopt;
  return domain == AF_UNIX ? unix_queue(fd) : tcp_queue(fd);
}

} // namespace holdfast::linux_os
