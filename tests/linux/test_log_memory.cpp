#include "linux/log_memory.h"
#include "logs.h"

#include <sys/mman.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

LogMemory map(const LogHold& hold) {
  auto memory = LogMemory::map(hold.memory.get());
  REQUIRE(memory);
  return std::move(memory).value();
}

std::size_t row_of(LogMemory& memory, const std::string& service) {
  const auto row = memory.row_of(service);
  REQUIRE(row);
  return row.value();
}

const LogState some_state{
    .open_line = {.id = 7, .inode = 4711}, .owed = {}, .untold = {.lines = 3}, .dropped = 5};

/// What lies at `offset` in the memory, turned over.
void damage(const LogHold& hold, off_t offset) {
  char byte = 0;
  REQUIRE(::pread(hold.memory.get(), &byte, 1, offset) == 1);
  byte = static_cast<char>(~byte);
  REQUIRE(::pwrite(hold.memory.get(), &byte, 1, offset) == 1);
}

/// Where the bytes stand in the memory.
off_t place_of_bytes(const LogHold& hold, std::string_view bytes) {
  std::string all(64U << 10U, '\0');
  REQUIRE(::pread(hold.memory.get(), all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()));
  REQUIRE(all.find(bytes) != std::string::npos);
  return static_cast<off_t>(all.find(bytes));
}

std::string all_of(const LogHold& hold) {
  struct stat info {};
  REQUIRE(::fstat(hold.memory.get(), &info) == 0);
  std::string all(static_cast<std::size_t>(info.st_size), '\0');
  REQUIRE(::pread(hold.memory.get(), all.data(), all.size(), 0) == info.st_size);
  return all;
}

} // namespace

TEST_CASE("log memory: the next one finds what was put") {
  const LogHold hold = make_hold();
  {
    LogMemory memory = map(hold);
    CHECK(memory.refusal().empty());
    CHECK(row_of(memory, "redis") == 0);
    CHECK(row_of(memory, "postgresql") == 1);
    CHECK(row_of(memory, "redis") == 0);
    CHECK(memory.state(1) == LogState{});
    memory.put(1, some_state);
    memory.arm(LogMemory::Phase::writing,
               {.source = {}, .used = 12, .place = {}, .row = 1, .next = some_state});
  }
  LogMemory memory = map(hold);
  CHECK(memory.refusal().empty());
  CHECK(memory.phase() == LogMemory::Phase::writing);
  CHECK(memory.intent().used == 12);
  CHECK(memory.service(1) == "postgresql");
  CHECK(memory.state(1) == some_state);
  CHECK(row_of(memory, "postgresql") == 1);
}

TEST_CASE("log memory: services of which nothing is to be remembered make room") {
  const LogHold hold = make_hold();
  {
    LogMemory memory = map(hold);
    static_cast<void>(row_of(memory, "old"));
    memory.put(row_of(memory, "redis"), some_state);
  }
  LogMemory memory = map(hold);
  CHECK(row_of(memory, "new") == 0);
  CHECK(memory.service(0) == "new");
  CHECK(memory.state(0) == LogState{});
  CHECK(row_of(memory, "redis") == 1);
  CHECK(memory.state(1) == some_state);
  for (int i = 2; i < 4096; ++i)
    REQUIRE(memory.row_of("x" + std::to_string(i)));
  CHECK(memory.row_of("one-more").error().code == ENOSPC);
  CHECK(memory.row_of("").error().code == EINVAL);
  CHECK(memory.row_of(std::string(64, 'x')).error().code == EINVAL);
}

TEST_CASE("log memory: of another version or damaged it is refused in words and begun anew") {
  const LogHold hold = make_hold();
  {
    LogMemory memory = map(hold);
    memory.put(row_of(memory, "redis"), some_state);
    memory.arm(
        LogMemory::Phase::writing,
        {.source = {.id = 0x3132333435363738, .inode = 1}, .used = 12, .place = {}, .row = 0, .next = {}});
  }
  const auto is_begun_anew = [&](const std::string& why) {
    LogMemory memory = map(hold);
    CHECK(memory.refusal() == "memory of the logs: " + why);
    CHECK(memory.phase() == LogMemory::Phase::idle);
    CHECK(memory.state(row_of(memory, "redis")) == LogState{});
    CHECK(map(hold).refusal().empty());
  };
  SECTION("magic") {
    damage(hold, 0);
    is_begun_anew("not that of a log capture");
  }
  SECTION("version") {
    const std::uint32_t another = 77;
    REQUIRE(::pwrite(hold.memory.get(), &another, sizeof another, 8) == sizeof another);
    is_begun_anew("of version 77, where 1 is understood");
  }
  SECTION("service") {
    damage(hold, place_of_bytes(hold, "redis") + 3);
    is_begun_anew("damaged where it tells of a service");
  }
  SECTION("turn") {
    damage(hold, place_of_bytes(hold, "87654321"));
    is_begun_anew("damaged where it tells of the turn that was under way");
  }
  SECTION("size") {
    struct stat info {};
    REQUIRE(::fstat(hold.memory.get(), &info) == 0);
    REQUIRE(::ftruncate(hold.memory.get(), info.st_size - 8) == 0);
    is_begun_anew("not of this version's size");
  }
}

TEST_CASE("log memory: a service that was being written when its writer was killed is written again") {
  const LogHold hold = make_hold();
  const auto torn_in = [&](LogMemory::Phase phase) {
    LogMemory memory = map(hold);
    const std::size_t row = row_of(memory, "redis");
    memory.put(row, some_state);
    memory.arm(phase, {.source = {}, .used = 0, .place = {}, .row = row, .next = some_state});
    damage(hold, place_of_bytes(hold, "redis") + 64);
    return map(hold).refusal();
  };
  CHECK(torn_in(LogMemory::Phase::written).empty());
  CHECK(torn_in(LogMemory::Phase::moving).empty());
  CHECK_FALSE(torn_in(LogMemory::Phase::writing).empty());
  CHECK_FALSE(torn_in(LogMemory::Phase::idle).empty());
}

TEST_CASE("log memory: whether a build goes on with it is seen without a change") {
  const LogHold hold = make_hold();
  {
    LogMemory memory = map(hold);
    memory.put(row_of(memory, "redis"), some_state);
    memory.arm(LogMemory::Phase::writing,
               {.source = {}, .used = 12, .place = {}, .row = 0, .next = some_state});
  }
  std::string why;
  SECTION("it does") {}
  SECTION("its writer is in the middle of a store") {
    damage(hold, place_of_bytes(hold, "redis") + 64);
  }
  SECTION("version") {
    const std::uint32_t another = 77;
    REQUIRE(::pwrite(hold.memory.get(), &another, sizeof another, 8) == sizeof another);
    why = "memory of the logs: of version 77, where 1 is understood";
  }
  SECTION("magic") {
    damage(hold, 0);
    why = "memory of the logs: not that of a log capture";
  }
  SECTION("size") {
    REQUIRE(::ftruncate(hold.memory.get(), static_cast<off_t>(all_of(hold).size()) - 8) == 0);
    why = "memory of the logs: not of this version's size";
  }
  const std::string before = all_of(hold);
  const auto known = LogMemory::is_known(hold.memory.get());
  CHECK(known.ok() == why.empty());
  CHECK((known.ok() ? "" : known.error().what) == why);
  const bool same = all_of(hold) == before;
  CHECK(same);
}

TEST_CASE("log memory: one in which nothing was written yet is known") {
  const LogHold hold = make_hold();
  CHECK(LogMemory::is_known(hold.memory.get()).ok());
  CHECK(all_of(hold).empty());
}

TEST_CASE("log memory: what is none is an error") {
  CHECK(LogMemory::is_known(-1).error().code == EBADF);
  CHECK(LogMemory::map(-1).error().code == EBADF);
}
