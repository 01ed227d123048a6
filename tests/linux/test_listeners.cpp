#include "linux/cgroup.h"
#include "linux/listeners.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace holdfast;
using linux_os::ListeningSocket;
using linux_os::takes;

namespace {

/// Listens on a port of loopback that the kernel chooses.
Fd listen_on_loopback(std::uint16_t& port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(fd.get(), generic, size) == 0);
  REQUIRE(::listen(fd.get(), 1) == 0);
  REQUIRE(::getsockname(fd.get(), generic, &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

Fd listen_on_path(const std::string& path) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 1) == 0);
  return fd;
}

} // namespace

TEST_CASE("listeners: the kernel's table of TCP sockets") {
  const auto found = linux_os::parse_tcp_listeners(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 4242 1 0 "
      "100 0\n"
      "   1: 0100007F:1538 0100007F:9999 01 00000000:00000000 00:00000000 00000000   101        0 4243 1 0 "
      "100 0\n"
      "   2: nonsense\n"
      "   3: 00000000000000000000000001000000:18EB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 "
      "4244\n"
      "   4: 0000000000000000FFFF00000100007F:23F0 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 "
      "4245\n");
  REQUIRE(found.size() == 3);
  CHECK(found[0].address == "127.0.0.1");
  CHECK(found[0].port == 5432);
  CHECK(found[0].inode == 4242);
  CHECK(found[1].address == "::1");
  CHECK(found[1].port == 6379);
  CHECK(found[2].address == "::ffff:127.0.0.1");
}

TEST_CASE("listeners: the kernel's table of unix sockets") {
  const auto found = linux_os::parse_unix_listeners(
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/a socket\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 4243 /run/connected\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 4244\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].address == "/run/a socket");
  CHECK(found[0].inode == 4242);
}

TEST_CASE("listeners: which address is taken by which socket") {
  const auto on = [](const char* address, std::uint16_t port) {
    return ListeningSocket{.address = address, .port = port, .inode = 1};
  };
  CHECK(takes(on("127.0.0.1", 80), "127.0.0.1:80"));
  CHECK_FALSE(takes(on("127.0.0.1", 81), "127.0.0.1:80"));
  CHECK_FALSE(takes(on("127.0.0.2", 80), "127.0.0.1:80"));
  CHECK(takes(on("0.0.0.0", 80), "127.0.0.1:80"));
  CHECK(takes(on("::", 80), "127.0.0.1:80"));
  CHECK(takes(on("127.0.0.1", 80), "0.0.0.0:80"));
  CHECK(takes(on("::1", 80), "[::1]:80"));
  CHECK(takes(on("::ffff:127.0.0.1", 80), "127.0.0.1:80"));
  CHECK(takes(on("127.0.0.1", 80), "localhost:80"));
  CHECK_FALSE(takes(on("192.0.2.1", 80), "localhost:80"));
  CHECK(takes(on("192.0.2.1", 80), "repository.example.org:80"));
  CHECK(takes(on("/run/a", 0), "unix:/run/a"));
  CHECK_FALSE(takes(on("/run/a", 0), "unix:/run/b"));
  CHECK_FALSE(takes(on("127.0.0.1", 80), "unix:/run/a"));
}

TEST_CASE("listeners: who holds an address on this machine") {
  test::Scratch scratch;
  std::uint16_t port = 0;
  std::string tcp;
  const std::string path = scratch.path() + "/socket";
  {
    const Fd socket = listen_on_loopback(port);
    const Fd other = listen_on_path(path);
    tcp = "127.0.0.1:" + std::to_string(port);
    for (const std::string& address : {tcp, "unix:" + path}) {
      const auto holder = linux_os::holder_of(address);
      REQUIRE(holder.ok());
      REQUIRE(holder.value());
      CHECK(holder.value()->pid == ::getpid());
      CHECK(holder.value()->name == "test_linux");
      CHECK(holder.value()->cgroup == linux_os::cgroup_of(::getpid()).value());
    }
  }
  const auto holder = linux_os::holder_of("unix:" + path);
  REQUIRE(holder.ok());
  CHECK_FALSE(holder.value());
}
