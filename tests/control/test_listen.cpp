#include "base/file.h"
#include "control/listen.h"
#include "served.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("the socket is for its owner and the group alone") {
  const Scratch scratch;
  const auto socket = control::listen_at(scratch / "s", gid_t{1});
  REQUIRE(socket.ok());
  struct stat info {};
  REQUIRE(::stat((scratch / "s").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0660U);
  CHECK(info.st_gid == 1);
  CHECK((::fcntl(socket.value().get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a socket file that nobody listens on is replaced, and one that is used is not") {
  const Scratch scratch;
  {
    const auto first = control::listen_at(scratch / "s", {});
    REQUIRE(first.ok());
    const auto second = control::listen_at(scratch / "s", {});
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().what == (scratch / "s") + ": another daemon listens there");
  }
  const auto third = control::listen_at(scratch / "s", {});
  REQUIRE(third.ok());
  CHECK(connect_to(scratch / "s").valid());
}

TEST_CASE("what an engine before listened on is listened on still, with whoever waits in it") {
  const Scratch scratch;
  Fd held = std::move(control::listen_at(scratch / "s", {})).value();
  const Fd anchors(::fcntl(held.get(), F_DUPFD, 100));
  REQUIRE(::fcntl(anchors.get(), F_SETFL, 0) == 0); // whoever holds it may have changed the description
  held.reset();
  const Fd waiting = connect_to(scratch / "s");
  REQUIRE(waiting.valid());
  const auto again = control::listen_at(scratch / "s", {}, Fd(::dup(anchors.get())));
  REQUIRE(again.ok());
  CHECK((::fcntl(again.value().get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(again.value().get(), F_GETFL) & O_NONBLOCK) != 0);
  const Fd accepted(::accept4(again.value().get(), nullptr, nullptr, SOCK_CLOEXEC));
  CHECK(accepted.valid());
}

TEST_CASE("what is held and cannot be reached any more is replaced") {
  const Scratch scratch;
  Fd held = std::move(control::listen_at(scratch / "s", {})).value();
  REQUIRE(::unlink((scratch / "s").c_str()) == 0);
  const auto again = control::listen_at(scratch / "s", {}, std::move(held));
  REQUIRE(again.ok());
  CHECK(connect_to(scratch / "s").valid());
}

TEST_CASE("what is held and listens elsewhere or not at all is refused") {
  const Scratch scratch;
  Fd held = std::move(control::listen_at(scratch / "s", {})).value();
  const auto elsewhere = control::listen_at(scratch / "t", {}, std::move(held));
  REQUIRE_FALSE(elsewhere.ok());
  CHECK(elsewhere.error().what == (scratch / "t") + ": what is held for it does not listen there");
  CHECK_FALSE(control::listen_at(scratch / "t", {}, Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))).ok());
  CHECK_FALSE(
      control::listen_at(scratch / "t", {}, Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))).ok());
}

TEST_CASE("what is no socket is left alone") {
  const Scratch scratch;
  REQUIRE(replace_file(scratch / "s", "precious", 0600).ok());
  CHECK_FALSE(control::listen_at(scratch / "s", {}).ok());
  CHECK(read_file(scratch / "s", 100).value() == "precious");
  CHECK_FALSE(control::listen_at(scratch / std::string(200, 'x'), {}).ok());
  CHECK_FALSE(control::listen_at(scratch / "missing/s", {}).ok());
}

TEST_CASE("the socket file goes with the server, whatever is still connected") {
  auto served = std::make_unique<Served>();
  const std::string path = served->path();
  TestClient client(*served);
  client.send("{\"verb\":\"status\",\"follow\":true}\n");
  client.reply_as<wire::StatusView>();
  served->server.reset();
  CHECK(::access(path.c_str(), F_OK) != 0);
  CHECK(client.closed());
}
