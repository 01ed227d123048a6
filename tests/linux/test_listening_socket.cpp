#include "linux/listening_socket.h"
#include "sockets.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/scratch.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

std::string refusal_of(const model::SocketSpec& socket) {
  const auto opened = open_listening_socket(socket, {});
  return opened ? "opened" : opened.error().what;
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

} // namespace

TEST_CASE("listening socket: the kernel says where it is") {
  const Scratch scratch;
  const std::string port = std::to_string(free_ports(1));
  for (const std::string& address :
       {"127.0.0.1:" + port, "[::1]:" + port, "0.0.0.0:" + port, "[::]:" + port, "unix:" + scratch / "s"}) {
    CAPTURE(address);
    const Fd fd = open_at(socket_at(address));
    const auto found = listening_at(fd.get());
    REQUIRE(found.ok());
    CHECK(written(found.value()) == address);
    CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("listening socket: of IPv6 it leaves that of IPv4 alone") {
  const std::string port = std::to_string(free_ports(1));
  const Fd six = open_at(socket_at("[::]:" + port));
  const Fd four = open_at(socket_at("0.0.0.0:" + port));
  CHECK(four.valid());
}

TEST_CASE("listening socket: who connects while nobody accepts waits and is counted") {
  const Scratch scratch;
  for (const std::string& address : {loopback(free_ports(1)), "unix:" + scratch / "s"}) {
    CAPTURE(address);
    auto socket = socket_at(address);
    socket.backlog = 7;
    const Fd fd = open_at(socket);
    const Fd one = connect_to(address);
    const Fd two = connect_to(address);
    REQUIRE((one.valid() && two.valid()));
    auto queue = queue_of(fd.get());
    REQUIRE(queue.has_value());
    CHECK(queue->waiting == 2);
    CHECK(queue->most == 7);
    const Fd accepted(::accept(fd.get(), nullptr, nullptr));
    REQUIRE(accepted.valid());
    queue = queue_of(fd.get());
    REQUIRE(queue.has_value());
    CHECK(queue->waiting == 1);
  }
  const Fd no_socket(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(queue_of(no_socket.get()).has_value());
}

TEST_CASE("listening socket: an address in use is told with who uses it") {
  const std::string address = loopback(free_ports(1));
  const Fd first = open_at(socket_at(address));
  CHECK(refusal_of(socket_at(address)) ==
        "socket web: " + address + " is in use by test_linux (pid " + std::to_string(::getpid()) + ")");
  const Scratch scratch;
  const std::string path = "unix:" + scratch / "s";
  const Fd second = open_at(socket_at(path));
  CHECK(refusal_of(socket_at(path)) ==
        "socket web: " + path + " is in use by test_linux (pid " + std::to_string(::getpid()) + ")");
}

TEST_CASE("listening socket: right after a connection was closed the address is free") {
  const std::string address = loopback(free_ports(1));
  {
    const Fd fd = open_at(socket_at(address));
    Fd client = connect_to(address);
    // Closed first by the server: its end is in TIME_WAIT.
    Fd(::accept(fd.get(), nullptr, nullptr)).reset();
  }
  CHECK(open_at(socket_at(address)).valid());
}

TEST_CASE("listening socket: an address of another machine, and what is no address") {
  CHECK(refusal_of(socket_at("192.0.2.1:8000")) ==
        "socket web: 192.0.2.1:8000 is no address of this machine");
  CHECK(refusal_of(socket_at("localhost:8000")) ==
        "socket web: \"localhost\" is not an address of IPv4 or IPv6");
}

TEST_CASE("listening socket: a file has mode and owner that are meant, and its directory is made") {
  const Scratch scratch;
  const std::string path = scratch / "deep/below/s";
  auto socket = socket_at("unix:" + path);
  socket.mode = 0620;
  const auto opened = open_listening_socket(socket, {.uid = 1, .gid = 2});
  REQUIRE(opened.ok());
  CHECK(mode_of(path) == 0620);
  CHECK(mode_of(scratch / "deep/below") == 0755);
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  if (::geteuid() == 0) CHECK((info.st_uid == 1 && info.st_gid == 2));
}

TEST_CASE("listening socket: what is left of one is removed, what is something else stays") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  open_at(socket_at("unix:" + path)).reset();
  REQUIRE(mode_of(path) != 0);
  CHECK(open_at(socket_at("unix:" + path)).valid());
  const std::string file = scratch / "file";
  Fd(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)).reset();
  CHECK(refusal_of(socket_at("unix:" + file)) ==
        "socket web: " + file + ": is there already and is no socket");
}

TEST_CASE("listening socket: in a directory that others can write it is refused") {
  const Scratch scratch;
  REQUIRE(::mkdir((scratch / "open").c_str(), 0755) == 0);
  REQUIRE(::chmod((scratch / "open").c_str(), 0777) == 0);
  CHECK(refusal_of(socket_at("unix:" + scratch / "open/s")) ==
        "socket web: " + scratch / "open" + ": must be root's and not writable by others");
}

TEST_CASE(
    "listening socket: one that is open gets another backlog and mode; one whose file is gone is known") {
  const Scratch scratch;
  const std::string path = scratch / "s";
  auto socket = socket_at("unix:" + path);
  const Fd fd = open_at(socket);
  socket.backlog = 3;
  socket.mode = 0600;
  auto reached = refresh_listening_socket(fd.get(), socket, {});
  REQUIRE(reached.ok());
  CHECK(reached.value());
  CHECK(mode_of(path) == 0600);
  CHECK(queue_of(fd.get()).value().most == 3);
  REQUIRE(::unlink(path.c_str()) == 0);
  reached = refresh_listening_socket(fd.get(), socket, {});
  REQUIRE(reached.ok());
  CHECK_FALSE(reached.value());
}

TEST_CASE("listening socket: what does not listen is told apart") {
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(listening_at(file.get()).ok());
  const Fd stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK(listening_at(stream.get()).error().what == "not a socket that listens");
  const Fd datagram(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  CHECK_FALSE(listening_at(datagram.get()).ok());
}
