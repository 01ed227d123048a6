#include "wire/anchor.h"

#include "base/fd.h"
#include "support/catch.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

using namespace holdfast;
using namespace holdfast::wire;

namespace {

struct Pair {
  Fd anchor;
  Fd engine;
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    anchor = Fd(ends[0]);
    engine = Fd(ends[1]);
  }
};

} // namespace

TEST_CASE("records: each arrives as it was sent, in order, and none where none is waiting") {
  const Pair pair;
  AnchorRecord sent;
  sent.kind = FromAnchor::exited;
  sent.pid = 4711;
  sent.code = 1;
  sent.status = 7;
  REQUIRE(send_record(pair.anchor.get(), sent));
  sent.kind = FromAnchor::signalled;
  REQUIRE(send_record(pair.anchor.get(), sent));
  auto record = receive_from_anchor(pair.engine.get());
  REQUIRE((record && record.value()));
  CHECK(record.value()->kind == FromAnchor::exited);
  CHECK(record.value()->pid == 4711);
  CHECK(record.value()->code == 1);
  CHECK(record.value()->status == 7);
  record = receive_from_anchor(pair.engine.get());
  REQUIRE((record && record.value()));
  CHECK(record.value()->kind == FromAnchor::signalled);
  record = receive_from_anchor(pair.engine.get());
  REQUIRE(record);
  CHECK_FALSE(record.value());
}

TEST_CASE("records: the anchor's sending never waits") {
  const Pair pair;
  Status sent = Done{};
  for (int i = 0; i < 100'000 && sent; ++i)
    sent = send_record(pair.anchor.get(), AnchorRecord{});
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code == EAGAIN);
}

TEST_CASE("records: a descriptor comes along, close-on-exec, and is a copy") {
  const Pair pair;
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const Fd read_end(pipe[0]);
  Fd write_end(pipe[1]);
  REQUIRE(send_record(pair.engine.get(), EngineRecord{ToAnchor::hold, 0}, write_end.get()));
  int descriptor = -1;
  const auto record = receive_from_engine(pair.anchor.get(), descriptor);
  REQUIRE((record && record.value()));
  CHECK(record.value()->kind == ToAnchor::hold);
  Fd copy(descriptor);
  REQUIRE(copy.valid());
  CHECK(::fcntl(copy.get(), F_GETFD) == FD_CLOEXEC);
  write_end.reset();
  pollfd entry{read_end.get(), POLLIN, 0};
  CHECK(::poll(&entry, 1, 0) == 0);
  copy.reset();
  CHECK(::poll(&entry, 1, 0) == 1);
}

TEST_CASE("records: a packet of another size is refused, the next one is read; a closed end is told apart") {
  Pair pair;
  REQUIRE(::send(pair.engine.get(), "abc", 3, 0) == 3);
  REQUIRE(send_record(pair.engine.get(), EngineRecord{ToAnchor::finish, 5}));
  pair.engine.reset();
  int descriptor = -1;
  auto record = receive_from_engine(pair.anchor.get(), descriptor);
  REQUIRE_FALSE(record);
  CHECK(record.error().code == EPROTO);
  record = receive_from_engine(pair.anchor.get(), descriptor);
  REQUIRE((record && record.value()));
  CHECK(record.value()->value == 5);
  record = receive_from_engine(pair.anchor.get(), descriptor);
  REQUIRE_FALSE(record);
  CHECK(record.error().code == 0);
  CHECK(descriptor == -1);
}

TEST_CASE("records: an end that closes without having read all was heard all the same") {
  Pair pair;
  REQUIRE(send_record(pair.anchor.get(), AnchorRecord{}));
  REQUIRE(send_record(pair.engine.get(), EngineRecord{ToAnchor::finish, 5}));
  pair.engine.reset();
  int descriptor = -1;
  auto record = receive_from_engine(pair.anchor.get(), descriptor);
  REQUIRE((record && record.value()));
  CHECK(record.value()->value == 5);
  record = receive_from_engine(pair.anchor.get(), descriptor);
  REQUIRE_FALSE(record);
  CHECK(record.error().code == 0);
}
