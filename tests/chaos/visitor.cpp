#include "chaos/visitor.h"

#include "base/fd.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace holdfast::test {

Visitor::Visitor(int port) : port_(port), thread_([this] { work(); }) {}

Visitor::~Visitor() {
  ending_ = true;
  thread_.join();
}

std::string Visitor::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Visitor::work() {
  while (!ending_) {
    visit();
    ::poll(nullptr, 0, 1);
  }
}

/// A server that is restarted answers late, and may hang up on one whom it had accepted: only who is not let
/// in at all was turned away.
void Visitor::visit() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ++visits_;
  std::string trouble;
  std::array<char, 16> answer{};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    trouble = std::string("connect: ") + std::strerror(errno);
  else if (::recv(socket.get(), answer.data(), answer.size(), 0) < 0 && errno == EAGAIN)
    trouble = "no answer within 20 s";
  if (trouble.empty()) return;
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = "visit " + std::to_string(visits_) + ": " + trouble;
}

} // namespace holdfast::test
