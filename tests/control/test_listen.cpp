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
