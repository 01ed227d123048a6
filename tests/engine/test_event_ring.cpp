#include "engine/event_log.h"
#include "fragile_memory.h"
#include "support/catch.h"

#include <string>
#include <unistd.h>
#include <utility>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

constexpr std::size_t smallest = 192 + EventRing::longest_record;

EventRecord numbered(std::uint64_t sequence, std::size_t size = 10) {
  return {.sequence = sequence,
          .time = WallTime(std::chrono::seconds(sequence)),
          .service = "s" + std::to_string(sequence % 3),
          .run = sequence,
          .from = "starting",
          .to = "ready",
          .why = std::string(size, 'w'),
          .took = Duration(static_cast<Duration::rep>(sequence))};
}

EventRecord saying(std::string why) {
  EventRecord record;
  record.why = std::move(why);
  return record;
}

bool same(const EventRecord& a, const EventRecord& b) {
  return a.sequence == b.sequence && a.time == b.time && a.service == b.service && a.run == b.run &&
         a.from == b.from && a.to == b.to && a.why == b.why && a.took == b.took;
}

MemoryBytes small_memory(std::uint64_t last = 0) {
  MemoryBytes memory;
  memory.bytes.resize(smallest, '\0');
  REQUIRE(EventRing::make(fragile(memory), last));
  return memory;
}

EventRing opened(MemoryBytes& memory) {
  auto ring = EventRing::open(fragile(memory));
  REQUIRE(ring);
  return std::move(ring).value();
}

/// Sizes that make the ring go round with records of all kinds of lengths.
std::size_t size_of(std::uint64_t sequence) {
  return sequence % 7 == 0 ? sequence * 37 % 2000 : 300 + sequence % 200;
}

/// Each the one that was added, without a gap up to `last`.
void check_records(const EventRing& ring, std::uint64_t last) {
  const auto records = ring.records();
  CHECK(ring.last() == last);
  if (records.empty()) return;
  CHECK(records.back().sequence == last);
  std::uint64_t sequence = records.front().sequence;
  for (const EventRecord& record : records) {
    if (!same(record, numbered(sequence, size_of(sequence)))) FAIL("event " << sequence);
    ++sequence;
  }
}

} // namespace

TEST_CASE("event ring: the next engine finds the last events and goes on counting") {
  MemoryBytes memory = small_memory();
  for (std::uint64_t sequence = 1; sequence <= 3000;) {
    EventRing ring = opened(memory);
    check_records(ring, sequence - 1);
    for (int i = 0; i < 23; ++i, ++sequence)
      ring.add(numbered(sequence, size_of(sequence)));
    check_records(ring, sequence - 1);
    // As many as fit, not fewer.
    CHECK((sequence < 1000 || ring.records().size() > 80));
  }
}

TEST_CASE("event ring: a writer killed before any of its stores leaves whole events") {
  MemoryBytes memory = small_memory();
  for (std::uint64_t sequence = 1; sequence <= 380; ++sequence) {
    const EventRecord record = numbered(sequence, size_of(sequence));
    // Once round the ring, so that one of them goes over its end.
    if (sequence > 200)
      kill_at_each_store(
          memory, [&](MemoryBytes& lost) { opened(lost).add(record); },
          [&](MemoryBytes& left, bool is_done) {
            EventRing ring = opened(left);
            check_records(ring, is_done ? sequence : sequence - 1);
            if (is_done) return;
            ring.add(record);
            check_records(opened(left), sequence);
          });
    opened(memory).add(record);
  }
}

TEST_CASE("event ring: what is taken back was never there and its number is given again") {
  MemoryBytes memory = small_memory(100);
  EventRing ring = opened(memory);
  CHECK(ring.last() == 100);
  for (std::uint64_t sequence = 101; sequence <= 110; ++sequence)
    ring.add(numbered(sequence, size_of(sequence)));
  kill_at_each_store(
      memory, [](MemoryBytes& lost) { opened(lost).take_back_after(104); },
      [](MemoryBytes& left, bool is_done) { check_records(opened(left), is_done ? 104 : 110); });
  ring.take_back_after(104);
  check_records(opened(memory), 104);
  ring.add(numbered(105, size_of(105)));
  check_records(opened(memory), 105);
  // All of them.
  ring.take_back_after(100);
  CHECK(opened(memory).last() == 100);
  CHECK(opened(memory).records().empty());
  ring.take_back_after(200);
  CHECK(ring.last() == 100);
}

TEST_CASE("event ring: a copy has all of it and goes its own way") {
  MemoryBytes memory = small_memory(100);
  EventRing ring = opened(memory);
  const FiledEvents filed{.sequence = 120, .device = 2, .inode = 3, .size = 4};
  SECTION("without an event") {}
  SECTION("before the ring is full") {
    for (std::uint64_t sequence = 101; sequence <= 110; ++sequence)
      ring.add(numbered(sequence, size_of(sequence)));
  }
  SECTION("when the oldest are gone") {
    for (std::uint64_t sequence = 101; sequence <= 700; ++sequence)
      ring.add(numbered(sequence, size_of(sequence)));
    REQUIRE(ring.records().front().sequence > 101);
  }
  ring.set_told(119);
  ring.set_filed(filed);
  const auto before = memory.bytes;
  auto copied = ring.copy();
  REQUIRE(copied);
  EventRing& copy = copied.value();
  const auto check_same = [&](const EventRing& other) {
    CHECK(other.last() == ring.last());
    CHECK(other.told() == 119);
    CHECK(other.filed() == filed);
    const auto records = ring.records();
    const auto copies = other.records();
    REQUIRE(copies.size() == records.size());
    for (std::size_t i = 0; i < records.size(); ++i)
      CHECK(same(copies[i], records[i]));
  };
  check_same(copy);
  check_same(EventRing::open(Fd(::dup(copy.fd()))).value());
  const std::uint64_t next = ring.last() + 1;
  copy.add(numbered(next));
  copy.set_told(next);
  CHECK(copy.last() == next);
  CHECK(memory.bytes == before);
}

TEST_CASE("event ring: how far events are told and filed outlives the engine whole") {
  MemoryBytes memory = small_memory();
  const FiledEvents before{.sequence = 1, .device = 2, .inode = 3, .size = 4};
  const FiledEvents after{.sequence = 11, .device = 12, .inode = 13, .size = 14};
  opened(memory).set_filed(before);
  opened(memory).set_told(1);
  kill_at_each_store(
      memory,
      [&](MemoryBytes& lost) {
        EventRing ring = opened(lost);
        ring.set_told(7);
        ring.set_filed(after);
      },
      [&](MemoryBytes& left, bool is_done) {
        EventRing ring = opened(left);
        CHECK(ring.filed() == (is_done ? after : before));
        CHECK((ring.told() == 7 || (ring.told() == 1 && !is_done)));
        // The cell that was being written is written again.
        ring.set_filed(before);
        CHECK(opened(left).filed() == before);
      });
}

TEST_CASE("event ring: a flipped bit is refused or of no consequence") {
  MemoryBytes memory = small_memory();
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence)
    opened(memory).add(numbered(sequence, size_of(sequence)));
  opened(memory).set_filed({.sequence = 5, .device = 6, .inode = 7, .size = 8});
  const std::size_t used = memory.bytes.find_last_not_of('\0') + 1;
  std::size_t refused = 0;
  const auto flip_all = [&](std::size_t begin, std::size_t end, std::size_t each) {
    for (std::size_t bit = 8 * begin; bit < 8 * end; bit += each) {
      MemoryBytes spoilt = memory;
      spoilt.bytes[bit / 8] = static_cast<char>(spoilt.bytes[bit / 8] ^ (1 << (bit % 8)));
      auto ring = EventRing::open(fragile(spoilt));
      refused += ring ? 0U : 1U;
      if (!ring) continue;
      check_records(ring.value(), 20);
      CHECK(ring.value().filed().size == 8);
    }
  };
  flip_all(0, 56, 1);
  CHECK(refused == std::size_t{8} * 56);
  flip_all(56, 192, 1);
  refused = 0;
  flip_all(192, used, 11);
  CHECK(refused == (8 * (used - 192) + 10) / 11);
}

TEST_CASE("event ring: refused with the reason") {
  const auto refusal = [](MemoryBytes memory) {
    const auto ring = EventRing::open(fragile(memory));
    return ring ? "" : ring.error().what;
  };
  MemoryBytes good = small_memory();
  opened(good).add(numbered(1));
  CHECK(refusal(good).empty());
  MemoryBytes bad = good;
  bad.bytes.resize(100);
  CHECK(refusal(bad) == "the memory of the events: it ends within its head");
  bad = good;
  bad.bytes[0] = 'x';
  CHECK(refusal(bad) == "the memory of the events: it is something else");
  bad = good;
  bad.bytes[8] = 2;
  CHECK(refusal(bad) == "the memory of the events: layout 2, this build reads 1");
  bad = good;
  bad.bytes[24] ^= 1;
  CHECK(refusal(bad) == "the memory of the events: its head is damaged");
  bad = good;
  bad.bytes[192 + 20] ^= 1;
  CHECK(refusal(bad) == "the memory of the events: event 1 is damaged");
}

TEST_CASE("event log: what was not told is told by the next engine") {
  MemoryBytes memory = small_memory();
  EventLog log(opened(memory));
  for (std::uint64_t i = 1; i <= 5; ++i)
    log.add(numbered(0));
  REQUIRE(log.untold() != nullptr);
  CHECK(log.untold()->sequence == 1);
  log.told();
  log.told();

  EventLog next(opened(memory));
  CHECK(next.records().size() == 5);
  for (std::uint64_t i = 3; i <= 5; ++i) {
    REQUIRE(next.untold() != nullptr);
    CHECK(next.untold()->sequence == i);
    next.told();
  }
  CHECK(next.untold() == nullptr);
  next.told();
  next.add(numbered(0));
  CHECK(next.untold()->sequence == 6);
}

TEST_CASE("event log: only the last are kept also where nobody is told") {
  auto ring = EventRing::make();
  REQUIRE(ring);
  const Fd held(::dup(ring.value().fd()));
  EventLog log(std::move(ring).value());
  for (std::uint64_t i = 1; i <= 5000; ++i)
    log.add(saying(std::to_string(i)));
  REQUIRE(log.untold() != nullptr);
  CHECK(log.untold()->sequence == 5000 - EventLog::most_records + 1);

  auto again = EventRing::open(Fd(::dup(held.get())));
  REQUIRE(again);
  const EventLog next(std::move(again).value());
  CHECK(next.records().size() == EventLog::most_records);
  CHECK(next.last() == 5000);
  CHECK(next.records().back().why == "5000");
  CHECK(next.untold()->sequence == log.untold()->sequence);
}

TEST_CASE("event log: events of a step that was not saved are taken back") {
  MemoryBytes memory = small_memory();
  EventLog log(opened(memory));
  for (int i = 0; i < 5; ++i)
    log.add({});
  EventLog next(opened(memory));
  next.take_back_after(3);
  CHECK(next.records().size() == 3);
  next.add(saying("again"));
  CHECK(next.records().back().sequence == 4);
  const EventLog last(opened(memory));
  CHECK(last.records().back().why == "again");
}

TEST_CASE("event log: a reason beyond measure is cut between characters") {
  MemoryBytes memory = small_memory();
  EventLog log(opened(memory));
  std::string endless = "x";
  for (int i = 0; i < 50'000; ++i)
    endless += "\u00e4";
  log.add(saying(endless));
  const EventLog next(opened(memory));
  REQUIRE(next.records().size() == 1);
  const std::string& why = next.records().front().why;
  CHECK(why == log.records().front().why);
  CHECK(why == endless.substr(0, (16U << 10) - 1));
}
