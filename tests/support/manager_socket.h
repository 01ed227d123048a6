#pragma once
// Stands for systemd's end of sd_notify: what is sent to it, datagram by datagram.

#include "base/fd.h"
#include "support/catch.h"
#include "support/deadline.h"

#include <array>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::test {

class ManagerSocket {
public:
  explicit ManagerSocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }

  /// The next datagram; "nothing" where none comes in time.
  std::string next(Milliseconds within = 20s) {
    pollfd entry{fd_.get(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(within.count())) <= 0) return "nothing";
    std::array<char, 4096> text{};
    const ssize_t n = ::recv(fd_.get(), text.data(), text.size(), 0);
    return n >= 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : "error";
  }

  /// The first datagram from now on that contains `text`; "nothing" where none comes in time.
  std::string next_with(const std::string& text) {
    const Deadline deadline(20s);
    while (!deadline.passed())
      if (std::string said = next(deadline.left()); said.find(text) != std::string::npos) return said;
    return "nothing";
  }

private:
  Fd fd_;
};

} // namespace holdfast::test
