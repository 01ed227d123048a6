#include "support/ports.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

constexpr int lowest = 20000;
constexpr int highest = 30000;

bool all_free(int first, int count) {
  for (int port = first; port < first + count; ++port)
    if (!port_is_free(port)) return false;
  return true;
}

} // namespace

bool port_is_free(int port) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // As servers do: connections that linger in TIME_WAIT do not count.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

int free_ports(int count) {
  // Tests of two builds may run on one machine at a time: each process begins to look somewhere else.
  const int span = highest - lowest;
  const int offset = static_cast<int>(::getpid()) * 16 % span;
  for (int tried = 0; tried < span; tried += count) {
    const int first = lowest + (offset + tried) % span;
    if (all_free(first, count)) return first;
  }
  throw std::runtime_error("no free ports on 127.0.0.1");
}

} // namespace holdfast::test
