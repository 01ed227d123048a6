#include "linux/log_ledger.h"

#include "base/file.h"
#include "linux/log_capture.h"
#include "logs.h"

#include <sys/ioctl.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

constexpr std::string_view text_before = "before\n";
constexpr std::string_view turns_text = "T one\nT two\nT half";
constexpr std::string_view turns_raw = "one\ntwo\nhalf";
constexpr LogPipeId turns_source{.id = 7, .inode = 4711};
const LogState afterwards{.open_line = turns_source, .owed = {}, .untold = {}, .dropped = 3};

int bytes_left(const Fd& pipe) {
  int bytes = -1;
  REQUIRE(::ioctl(pipe.get(), FIONREAD, &bytes) == 0);
  return bytes;
}

/// What a predecessor left that was killed in the middle of a turn.
class Killed {
public:
  Killed() {
    auto made = LogPipe::make();
    REQUIRE(made);
    pipe = std::move(made).value();
    put(pipe.write, turns_raw);
  }

  /// `written` of the text are in the file, `taken` of the bytes in the receipt.
  void leave(LogMemory::Phase phase, std::size_t written, std::size_t taken) {
    LogFile file = logs.open();
    REQUIRE(file.find_end());
    REQUIRE(file.append(text_before));
    auto memory = LogMemory::map(hold.memory.get());
    REQUIRE(memory);
    const auto row = memory.value().row_of("redis");
    REQUIRE(row);
    memory.value().arm(phase, {.source = turns_source,
                               .used = used,
                               .place = file.place(),
                               .row = row.value(),
                               .next = afterwards});
    REQUIRE(file.append(turns_text.substr(0, written)));
    if (taken > 0)
      REQUIRE(::splice(pipe.read.get(), nullptr, hold.receipt_write.get(), nullptr, taken, 0) ==
              static_cast<ssize_t>(taken));
  }

  /// The successor's.
  [[nodiscard]] LogLedger recovered() const {
    auto ledger = LogLedger::open(copy_of(hold), logs.directory.get());
    REQUIRE(ledger);
    CHECK(ledger.value().complaints().empty());
    CHECK(bytes_left(hold.receipt_read) == 0);
    return std::move(ledger).value();
  }
  [[nodiscard]] LogState state(LogLedger& ledger) const {
    const auto row = ledger.row_of("redis");
    REQUIRE(row);
    return ledger.state(row.value());
  }

  const Logs logs;
  const LogHold hold = make_hold();
  LogPipe pipe;
  std::size_t used = turns_raw.size();
};

} // namespace

TEST_CASE("log ledger: killed while it wrote, the file is cut back and the turn made anew") {
  for (const std::size_t written : {std::size_t{0}, std::size_t{8}, turns_text.size()}) {
    Killed killed;
    killed.leave(LogMemory::Phase::writing, written, 0);
    LogLedger ledger = killed.recovered();
    CHECK(killed.logs.text() == text_before);
    CHECK(bytes_left(killed.pipe.read) == static_cast<int>(turns_raw.size()));
    CHECK(killed.state(ledger) == LogState{});
  }
}

TEST_CASE("log ledger: killed before it took what is written, the file is cut back too") {
  Killed killed;
  killed.leave(LogMemory::Phase::written, turns_text.size(), 0);
  LogLedger ledger = killed.recovered();
  CHECK(killed.logs.text() == text_before);
  CHECK(bytes_left(killed.pipe.read) == static_cast<int>(turns_raw.size()));
  CHECK(killed.state(ledger) == LogState{});
}

TEST_CASE("log ledger: killed after it took what is written, the turn is ended") {
  Killed killed;
  killed.leave(LogMemory::Phase::written, turns_text.size(), turns_raw.size());
  SECTION("nothing more") {}
  SECTION("in the middle of putting the state in force") {
    auto memory = LogMemory::map(killed.hold.memory.get());
    REQUIRE(memory);
    memory.value().put(memory.value().row_of("redis").value(), afterwards);
  }
  LogLedger ledger = killed.recovered();
  CHECK(killed.logs.text() == std::string(text_before).append(turns_text));
  CHECK(bytes_left(killed.pipe.read) == 0);
  CHECK(killed.state(ledger) == afterwards);
}

TEST_CASE("log ledger: killed before it emptied the receipt, that is all that is left to do") {
  Killed killed;
  killed.leave(LogMemory::Phase::idle, turns_text.size(), turns_raw.size());
  LogLedger ledger = killed.recovered();
  CHECK(killed.logs.text() == std::string(text_before).append(turns_text));
  CHECK(killed.state(ledger) == LogState{});
}

TEST_CASE("log ledger: what was taken in part only is owed, until its pipe is there") {
  Killed killed;
  killed.leave(LogMemory::Phase::written, turns_text.size(), 3);
  {
    LogLedger ledger = killed.recovered();
    CHECK(killed.logs.text() == std::string(text_before).append(turns_text));
    CHECK(killed.state(ledger).owed == LogOwed{.source = turns_source, .bytes = turns_raw.size() - 3});
  }
  LogLedger ledger = killed.recovered();
  const auto row = ledger.row_of("redis");
  REQUIRE(row);
  // As the capture's first turn of that pipe does.
  const LogState now = ledger.state(row.value());
  ledger.begin(
      {.source = turns_source, .used = now.owed.bytes, .place = {}, .row = row.value(), .next = now});
  ledger.finish(killed.pipe.read.get());
  CHECK(bytes_left(killed.pipe.read) == 0);
  CHECK(ledger.state(row.value()) == afterwards);
}

TEST_CASE("log ledger: a turn that takes nothing is ended when its text is in the file") {
  Killed killed;
  killed.used = 0;
  SECTION("it is") {
    killed.leave(LogMemory::Phase::written, turns_text.size(), 0);
    LogLedger ledger = killed.recovered();
    CHECK(killed.logs.text() == std::string(text_before).append(turns_text));
    CHECK(killed.state(ledger) == afterwards);
  }
  SECTION("who knows") {
    killed.leave(LogMemory::Phase::writing, turns_text.size(), 0);
    LogLedger ledger = killed.recovered();
    CHECK(killed.logs.text() == text_before);
    CHECK(killed.state(ledger) == LogState{});
  }
}

TEST_CASE("log ledger: killed while the kernel moved bytes, the file tells whose line is open") {
  Killed killed;
  killed.used = 0;
  SECTION("none moved") {
    killed.leave(LogMemory::Phase::moving, 0, 0);
    LogLedger ledger = killed.recovered();
    CHECK(killed.state(ledger) == LogState{});
  }
  SECTION("up to a newline") {
    killed.leave(LogMemory::Phase::moving, 6, 0);
    LogLedger ledger = killed.recovered();
    CHECK(killed.logs.text() == "before\nT one\n");
    CHECK(killed.state(ledger) == LogState{.open_line = {}, .owed = {}, .untold = {}, .dropped = 3});
  }
  SECTION("in the middle of a line") {
    killed.leave(LogMemory::Phase::moving, 8, 0);
    LogLedger ledger = killed.recovered();
    CHECK(killed.logs.text() == "before\nT one\nT ");
    CHECK(killed.state(ledger) == afterwards);
  }
}

TEST_CASE("log ledger: a memory that cannot be believed is told") {
  Killed killed;
  killed.leave(LogMemory::Phase::written, turns_text.size(), turns_raw.size());
  const std::uint32_t another = 77;
  REQUIRE(::pwrite(killed.hold.memory.get(), &another, sizeof another, 8) == sizeof another);
  const auto ledger = LogLedger::open(copy_of(killed.hold), killed.logs.directory.get());
  REQUIRE(ledger);
  REQUIRE(ledger.value().complaints().size() == 1);
  CHECK(ledger.value().complaints()[0] == "memory of the logs: of version 77, where 1 is understood; begun "
                                          "anew, what was under way may be lost or written twice");
  CHECK(bytes_left(killed.hold.receipt_read) == 0);
}

TEST_CASE("log ledger: a file that cannot be cut back is told") {
  Killed killed;
  killed.leave(LogMemory::Phase::writing, turns_text.size(), 0);
  REQUIRE(::link(killed.logs.path("redis.log").c_str(), killed.logs.path("second").c_str()) == 0);
  const auto ledger = LogLedger::open(copy_of(killed.hold), killed.logs.directory.get());
  REQUIRE(ledger);
  REQUIRE(ledger.value().complaints().size() == 1);
  CHECK(ledger.value().complaints()[0] ==
        "redis.log: not a plain file of ours with one name; lines may be in it twice");
}
