#include "wire/anchor.h"

#include "base/fd.h"
#include "support/catch.h"
#include "wire/held.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <set>
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
  bool sent = true;
  for (int i = 0; i < 100'000 && sent; ++i)
    sent = send_record(pair.anchor.get(), AnchorRecord{});
  CHECK_FALSE(sent);
}

TEST_CASE("records: a descriptor comes along, close-on-exec, and is a copy") {
  const Pair pair;
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  const Fd read_end(pipe[0]);
  Fd write_end(pipe[1]);
  REQUIRE(send_record(pair.engine.get(), EngineRecord{ToAnchor::hold, 0}, write_end.get()));
  Attached attached;
  EngineRecord record;
  REQUIRE(receive_from_engine(pair.anchor.get(), record, attached) == Heard::record);
  CHECK(record.kind == ToAnchor::hold);
  Fd copy(attached.descriptor);
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
  Attached attached;
  EngineRecord record;
  CHECK(receive_from_engine(pair.anchor.get(), record, attached) == Heard::refused);
  REQUIRE(receive_from_engine(pair.anchor.get(), record, attached) == Heard::record);
  CHECK(record.value == 5);
  CHECK(receive_from_engine(pair.anchor.get(), record, attached) == Heard::gone);
  CHECK(attached.descriptor == -1);
}

TEST_CASE("records: an end that closes without having read all was heard all the same") {
  Pair pair;
  REQUIRE(send_record(pair.anchor.get(), AnchorRecord{}));
  REQUIRE(send_record(pair.engine.get(), EngineRecord{ToAnchor::finish, 5}));
  pair.engine.reset();
  Attached attached;
  EngineRecord record;
  REQUIRE(receive_from_engine(pair.anchor.get(), record, attached) == Heard::record);
  CHECK(record.value == 5);
  CHECK(receive_from_engine(pair.anchor.get(), record, attached) == Heard::gone);
}

TEST_CASE("records: a notice brings its text, the longest one too, and the next record has none") {
  const Pair pair;
  const std::string longest(longest_notice, 'x');
  REQUIRE(send_notice(pair.engine.get(), "READY=1\nSTATUS=working"));
  REQUIRE(send_notice(pair.engine.get(), longest));
  REQUIRE(send_notice(pair.engine.get(), ""));
  REQUIRE(send_record(pair.engine.get(), EngineRecord{ToAnchor::reap, 7}));
  Attached attached;
  EngineRecord record;
  for (const std::string& text : {std::string("READY=1\nSTATUS=working"), longest, std::string()}) {
    REQUIRE(receive_from_engine(pair.anchor.get(), record, attached) == Heard::record);
    CHECK(record.kind == ToAnchor::notify);
    CHECK(attached.notice() == text);
  }
  REQUIRE(receive_from_engine(pair.anchor.get(), record, attached) == Heard::record);
  CHECK(record.kind == ToAnchor::reap);
  CHECK(attached.notice().empty());
}

TEST_CASE(
    "records: a text that is too long, of another length than said, or behind another kind is refused") {
  const Pair pair;
  const auto too_long = send_notice(pair.engine.get(), std::string(longest_notice + 1, 'x'));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().code == EMSGSIZE);
  const auto refused = [&](const EngineRecord& record, const std::string& text) {
    std::string packet(reinterpret_cast<const char*>(&record), sizeof record);
    packet += text;
    REQUIRE(::send(pair.engine.get(), packet.data(), packet.size(), 0) > 0);
    Attached attached;
    EngineRecord received;
    return receive_from_engine(pair.anchor.get(), received, attached) == Heard::refused &&
           attached.notice().empty();
  };
  const auto longer = static_cast<std::int32_t>(longest_notice + 1);
  CHECK(refused({ToAnchor::notify, longer}, std::string(longest_notice + 1, 'x')));
  CHECK(refused({ToAnchor::notify, 3}, "four"));
  CHECK(refused({ToAnchor::notify, 5}, "four"));
  CHECK(refused({ToAnchor::notify, -4}, "four"));
  CHECK(refused({ToAnchor::finish, 4}, "four"));
}

TEST_CASE("records: the engine refuses a descriptor, which no record of the anchor brings") {
  const Pair pair;
  // Of the anchor's size, as the engine's sender can make it.
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(send_record(pair.anchor.get(), EngineRecord{ToAnchor::hold, 0}, file.get()));
  const auto record = receive_from_anchor(pair.engine.get());
  REQUIRE_FALSE(record);
  CHECK(record.error().code == EPROTO);
}

TEST_CASE("records: no two slots have the same number, and none that of another descriptor") {
  std::set<int> numbers{engine_socket_fd, engine_last_stop_fd};
  std::size_t count = numbers.size();
  const auto add = [&](std::int32_t slot) {
    CHECK(slot < hold_slots);
    numbers.insert(held_fd(slot));
    ++count;
  };
  for (const std::int32_t slot : {lock_slot, control_slot, state_slot, configuration_slot, logs_slot,
                                  receipt_read_slot, receipt_write_slot, events_slot})
    add(slot);
  for (std::int32_t n = 0; n < listening_slots; ++n)
    add(listening_slot(n));
  for (std::uint32_t service = 0; service < last_stop_rows; ++service)
    for (const std::int32_t slot : {log_slot(service, 6), log_slot(service, 7), notify_slot(service)})
      add(slot);
  CHECK(numbers.size() == count);
  CHECK(*numbers.upper_bound(engine_last_stop_fd) == first_held_fd);
}
