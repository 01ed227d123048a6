#include "observer/connect.h"

#include "observer/scripted_server.h"
#include "support/catch.h"
#include "support/deadline.h"
#include "support/ports.h"
#include "support/scratch.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast::observer {
namespace {

using namespace std::chrono_literals;
using test::Peer;
using test::ScriptedServer;

std::optional<Result<Connecting::Socket>> connect_to(boost::asio::io_context& loop,
                                                     const std::string& target) {
  std::optional<Result<Connecting::Socket>> came;
  const Connecting connecting(loop, target, [&](auto result) { came.emplace(std::move(result)); });
  REQUIRE_FALSE(came);
  const test::Deadline deadline(30s);
  while (!came && !deadline.passed())
    loop.run_one_for(deadline.left());
  return came;
}

Error failure_of(const std::string& target) {
  boost::asio::io_context loop;
  const auto came = connect_to(loop, target);
  REQUIRE(came);
  REQUIRE_FALSE(came->ok());
  return came->error();
}

void expect_a_word_from(const std::string& target) {
  boost::asio::io_context loop;
  auto came = connect_to(loop, target);
  REQUIRE(came);
  REQUIRE(came->ok());
  std::string got(4, '\0');
  came->value().non_blocking(false);
  REQUIRE(came->value().receive(boost::asio::buffer(got)) == 4);
  REQUIRE(got == "well");
}

void says_well(Peer& peer) {
  peer.send("well");
}

TEST_CASE("what is no target is told as it was written", "[observer]") {
  REQUIRE(failure_of("x:0").what == "x:0: no port between 1 and 65535");
}

TEST_CASE("an address, a name and a path are connected to", "[observer]") {
  const ScriptedServer server(says_well);
  expect_a_word_from(server.target());
  expect_a_word_from("localhost:" + std::to_string(server.port()));
  const test::Scratch scratch;
  const ScriptedServer at_path(says_well, scratch / "socket");
  expect_a_word_from("unix:" + (scratch / "socket"));
}

TEST_CASE("what cannot be reached is told by its name, and whether it is to blame", "[observer]") {
  const std::string target = "127.0.0.1:" + std::to_string(test::free_ports(1));
  const Error refused = failure_of(target);
  REQUIRE(refused.what == target + ": Connection refused");
  REQUIRE(unreachable(refused).verdict == wire::ProbeVerdict::failed);
  const Error absent = failure_of("unix:/nowhere/socket");
  REQUIRE(absent.what == "/nowhere/socket: No such file or directory");
  REQUIRE(unreachable(absent).verdict == wire::ProbeVerdict::failed);
  REQUIRE(failure_of("unix:/" + std::string(200, 'x')).what.ends_with(": too long for a unix socket"));
  REQUIRE(unreachable(system_error("x", EMFILE)).verdict == wire::ProbeVerdict::unknown);
  REQUIRE(unreachable(system_error("x", EACCES)).verdict == wire::ProbeVerdict::unknown);
}

TEST_CASE("a unix socket whose queue is full is no connection", "[observer]") {
  const test::Scratch scratch;
  const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (scratch / "full").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  const Fd first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(first.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const Error full = failure_of("unix:" + (scratch / "full"));
  REQUIRE(full.what == (scratch / "full") + ": the queue of connections is full");
  REQUIRE(unreachable(full).verdict == wire::ProbeVerdict::failed);
}

TEST_CASE("a socket that TCP connects to itself is a refusal", "[observer]") {
  boost::asio::io_context loop;
  boost::asio::ip::tcp::socket socket(loop, boost::asio::ip::tcp::v4());
  socket.bind({boost::asio::ip::address_v4::loopback(), 0});
  socket.connect(socket.local_endpoint());
  REQUIRE(is_its_own_peer(socket));
}

TEST_CASE("a connection that is given up tells nobody", "[observer]") {
  const ScriptedServer server(says_well);
  boost::asio::io_context loop;
  for (const std::string& target : {server.target(), "localhost:" + std::to_string(server.port())}) {
    {
      const Connecting given_up(loop, target, [](auto) { FAIL("told"); });
    }
    loop.run_for(100ms);
    loop.restart();
  }
  auto outlived = std::make_unique<boost::asio::io_context>();
  {
    const Connecting given_up(*outlived, "localhost:1", [](auto) { FAIL("told"); });
  }
  outlived.reset();
}

} // namespace
} // namespace holdfast::observer
