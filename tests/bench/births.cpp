#include "births.h"

#include <cstring>
#include <poll.h>
#include <set>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::bench {
namespace {

constexpr int check_every_ms = 200;
constexpr int most_checks = 600;

} // namespace

Births::Births(std::string path)
    : path_(std::move(path)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) throw std::runtime_error(path_ + ": too long for a socket");
  std::memcpy(address.sun_path, path_.data(), path_.size());
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error(path_ + ": cannot be bound");
}

Birth Births::next(const std::function<void()>& check) {
  Birth birth;
  for (int i = 0; i < most_checks; ++i) {
    pollfd wait{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, check_every_ms) == 1 && ::recv(fd_.get(), &birth, sizeof birth, 0) == sizeof birth)
      return birth;
    check();
  }
  throw std::runtime_error(path_ + ": no child reports");
}

int Births::wait_for_all(unsigned count, const std::function<void()>& check) {
  std::set<std::uint32_t> seen;
  int first = 0;
  while (seen.size() < count) {
    const Birth birth = next(check);
    seen.insert(birth.index);
    if (birth.index == 0) first = birth.pid;
  }
  return first;
}

} // namespace holdfast::bench
