#include "control/connection.h"
#include "support/catch.h"

#include <string>
#include <sys/socket.h>
#include <vector>

using namespace holdfast;
using control::Connection;

namespace {

struct Seen : Connection::Listener {
  void on_line(std::string_view line) override { lines.emplace_back(line); }
  void on_drained() override { ++drained; }
  void on_overlong() override { overlong = true; }
  void on_closed() override { ++closed; }

  std::vector<std::string> lines;
  int drained = 0;
  bool overlong = false;
  int closed = 0;
};

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    client = Fd(ends[0]);
    connection = std::make_shared<Connection>(
        loop, Fd(ends[1]), control::ConnectionLimits{.longest_line = 100, .most_output = 1U << 20}, seen);
    connection->start();
  }
  void turn() {
    loop.restart();
    loop.poll();
  }
  void type(const std::string& text) {
    REQUIRE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }

  boost::asio::io_context loop;
  Seen seen;
  Fd client;
  std::shared_ptr<Connection> connection;
};

} // namespace

TEST_CASE("output that nobody takes is kept up to its bound, then the connection is closed") {
  Pair pair;
  const std::string line(100000, 'x');
  std::size_t most = 0;
  for (int i = 0; i < 100 && pair.seen.closed == 0; ++i) {
    pair.connection->send(line);
    pair.turn();
    most = std::max(most, pair.connection->pending());
  }
  CHECK(pair.seen.closed == 1);
  CHECK(most > (1U << 19));
  CHECK(most <= (1U << 20));
}

TEST_CASE("one answer is taken whatever its length, and arrives whole from a client that reads") {
  Pair pair;
  pair.connection->send(std::string(3U << 20, 'x'));
  std::size_t received = 0;
  std::string block(1U << 16, '\0');
  for (int i = 0; i < 10000 && pair.seen.drained == 0; ++i) {
    pair.turn();
    for (ssize_t n = 0; (n = ::recv(pair.client.get(), block.data(), block.size(), MSG_DONTWAIT)) > 0;)
      received += static_cast<std::size_t>(n);
  }
  pair.turn();
  CHECK(pair.seen.drained == 1);
  CHECK(received == (3U << 20) + 1);
  CHECK(pair.seen.closed == 0);
}

TEST_CASE("the next line waits until the answer to the one before has left") {
  Pair pair;
  pair.connection->send(std::string(3U << 20, 'x'));
  pair.type("hello\n");
  pair.turn();
  CHECK(pair.seen.lines.empty());
  pair.client.reset();
  pair.turn();
  CHECK(pair.seen.lines.empty());
  CHECK(pair.seen.closed == 1);
}

TEST_CASE("a connection that was abandoned tells nothing more") {
  Pair pair;
  pair.type("hello\n");
  pair.connection->close();
  pair.connection->abandon();
  pair.turn();
  CHECK(pair.seen.lines.empty());
  CHECK(pair.seen.closed == 0);
}
