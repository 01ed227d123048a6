#include "engine/state_memory.h"

#include "fragile_memory.h"
#include "model/envelope.h"
#include "restless_stack.h"
#include "support/catch.h"
#include "support/sanitized.h"

#include <set>
#include <string>
#include <vector>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t directory_at = 64;
constexpr std::size_t directory_end = directory_at + (3 + StateMemory::most_services) * 16;

/// The memory of a stack to which something has happened, so that both slots of most parts are in use.
MemoryBytes memory_after(RestlessStack& life, int steps, const std::string& facts = "facts") {
  MemoryBytes memory;
  auto made = StateMemory::make(fragile(memory));
  REQUIRE(made);
  made.value().set_facts(facts);
  for (int i = 0; i < steps; ++i) {
    const auto& changed = life.happen();
    REQUIRE(made.value().save(life.stack(), changed));
  }
  return memory;
}

struct Found {
  std::string stack; ///< as bytes
  std::string facts;
  bool operator==(const Found&) const = default;
};

Result<Found> load_from(MemoryBytes& memory) {
  auto opened = StateMemory::open(fragile(memory));
  if (!opened) return opened.error();
  auto loaded = opened.value().load();
  if (!loaded) return loaded.error();
  return Found{bytes_of(loaded.value().stack), loaded.value().facts};
}

std::string refusal(MemoryBytes memory) {
  const auto found = load_from(memory);
  return found ? "" : found.error().what;
}

/// An engine that returns: it loads, then saves `step`.
void return_and_save(MemoryBytes& memory, const model::Stack& stack, const model::Changed& changed,
                     const std::string& facts) {
  auto opened = StateMemory::open(fragile(memory));
  REQUIRE(opened);
  const auto loaded = opened.value().load();
  REQUIRE(loaded);
  opened.value().set_facts(facts);
  const auto saved = opened.value().save(stack, changed);
  REQUIRE(saved);
}

std::uint64_t value_at(const MemoryBytes& memory, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, memory.bytes.data() + at, sizeof value);
  return value;
}

void put(MemoryBytes& memory, std::size_t at, std::uint64_t value) {
  std::memcpy(memory.bytes.data() + at, &value, sizeof value);
}

} // namespace

TEST_CASE("state memory: what is loaded is what was saved last") {
  MemoryBytes memory;
  auto made = StateMemory::make(fragile(memory));
  REQUIRE(made);
  RestlessStack life(3, 1);
  for (int i = 0; i < 500; ++i) {
    made.value().set_facts("after step " + std::to_string(i / 3));
    const auto& changed = life.happen();
    REQUIRE(made.value().save(life.stack(), changed));
    const auto found = load_from(memory);
    REQUIRE(found);
    CHECK(found.value() == Found{bytes_of(life.stack()), "after step " + std::to_string(i / 3)});
  }
  CHECK(life.stack().size() > 3);
}

TEST_CASE("state memory: a writer killed before any of its stores leaves one of two steps") {
  for (const bool backwards : {false, true}) {
    RestlessStack life(3, 7);
    MemoryBytes memory = memory_after(life, 1);
    memory.backwards = backwards;
    for (int i = 0; i < rounds(40); ++i) {
      const Found before{bytes_of(life.stack()), "facts " + std::to_string(i)};
      return_and_save(memory, life.stack(), {}, before.facts);
      const auto& changed = life.happen();
      const Found after{bytes_of(life.stack()), "facts " + std::to_string(i + 1)};
      bool is_after = false;
      kill_at_each_store(
          memory, [&](MemoryBytes& lost) { return_and_save(lost, life.stack(), changed, after.facts); },
          [&](MemoryBytes& left, bool is_done) {
            auto found = load_from(left);
            REQUIRE(found);
            // Once it is there it stays there.
            is_after = found.value() == after;
            CHECK((is_after || found.value() == before));
            CHECK(is_after == is_done);
          });
      CHECK(is_after);
      return_and_save(memory, life.stack(), changed, after.facts);
    }
  }
}

TEST_CASE("state memory: what a killed writer left is no part of the next step") {
  RestlessStack life(4, 3);
  MemoryBytes memory = memory_after(life, 1);
  for (int i = 0; i < rounds(25); ++i) {
    const model::Stack stack = life.stack();
    const auto& changed = life.happen();
    kill_at_each_store(
        memory, [&](MemoryBytes& lost) { return_and_save(lost, life.stack(), changed, "lost"); },
        [&](MemoryBytes& left, bool is_done) {
          if (is_done) return;
          // The next engine lives on otherwise than the one that was killed would have.
          auto opened = StateMemory::open(fragile(left));
          REQUIRE(opened);
          auto loaded = opened.value().load();
          REQUIRE(loaded);
          RestlessStack other(std::move(loaded.value().stack), static_cast<std::uint64_t>(i));
          for (int step = 0; step < 2; ++step) {
            const auto& others = other.happen();
            REQUIRE(opened.value().save(other.stack(), others));
            const auto found = load_from(left);
            REQUIRE(found);
            CHECK(found.value().stack == bytes_of(other.stack()));
          }
        });
    return_and_save(memory, life.stack(), changed, "facts");
  }
}

TEST_CASE("state memory: a flipped bit is refused or of no consequence") {
  RestlessStack life(2, 5);
  MemoryBytes memory = memory_after(life, 40);
  const Found good{bytes_of(life.stack()), "facts"};
  REQUIRE(load_from(memory).value() == good);
  const std::size_t used = memory.bytes.find_last_not_of('\0') + 1;
  std::size_t refused = 0;
  std::set<std::string> words;
  const auto flip_all = [&](std::size_t begin, std::size_t end, std::size_t each = 1) {
    for (std::size_t bit = 8 * begin; bit < 8 * end; bit += each) {
      MemoryBytes spoilt = memory;
      spoilt.bytes[bit / 8] = static_cast<char>(spoilt.bytes[bit / 8] ^ (1 << (bit % 8)));
      const auto found = load_from(spoilt);
      if (found && !(found.value() == good)) FAIL("bit " << bit);
      if (!found) words.insert(found.error().what);
      refused += found ? 0U : 1U;
    }
  };
  flip_all(0, 24);
  CHECK(refused == 8 * 24);
  // Of the parts that there are, and of some that there are not.
  refused = 0;
  flip_all(directory_at, directory_at + 16 * 8);
  CHECK(refused == std::size_t{8} * 16 * 8);
  for (std::size_t entry = directory_at; entry < directory_at + 16 * 5; entry += 8) {
    const std::size_t slot = (value_at(memory, entry) >> 22) * 64;
    REQUIRE(slot >= directory_end);
    flip_all(slot, slot + 16);
  }
  flip_all(directory_end, used, 13);
  CHECK(words.count("the memory of the state: the configuration is damaged: its checksum is another") == 1);
  CHECK(words.count("the memory of the state: the stack is damaged: its checksum is another") == 1);
  CHECK(words.count("the memory of the state: service 1 is damaged: its checksum is another") == 1);
  CHECK(words.count("the memory of the state: service 0 is damaged: it is longer than its slot") == 1);
  CHECK(words.count("the memory of the state: service 0 is damaged: nobody knows where it is") == 1);
  CHECK(words.count("the memory of the state: its head is damaged") == 1);
}

TEST_CASE("state memory: a cut is refused or of no consequence") {
  RestlessStack life(2, 6);
  const MemoryBytes memory = memory_after(life, 20);
  const std::size_t used = memory.bytes.find_last_not_of('\0') + 1;
  for (std::size_t size = 0; size < used; size += size < directory_end ? 997 : 64) {
    MemoryBytes cut = memory;
    cut.bytes.resize(size);
    CHECK(refusal(cut) != "");
  }
}

TEST_CASE("state memory: refused with the reason") {
  RestlessStack life(2, 8);
  const MemoryBytes memory = memory_after(life, 3);
  MemoryBytes other = memory;
  other.bytes.resize(1000);
  CHECK(refusal(other) == "the memory of the state: it ends within its head");
  other = memory;
  other.bytes[0] = 'x';
  CHECK(refusal(other) == "the memory of the state: it is something else");
  other = memory;
  put(other, 8, 2 | std::uint64_t{model::format} << 32);
  CHECK(refusal(other) == "the memory of the state: layout 2, this build reads 1");
  other = memory;
  put(other, 8, 1 | std::uint64_t{model::format + 1} << 32);
  CHECK(refusal(other) == "the memory of the state: format " + std::to_string(model::format + 1) +
                              ", this build reads " + std::to_string(model::format));
  other = memory;
  for (const std::size_t slot : {0U, 8U})
    put(other, directory_at + 16 * 3 + slot, 0);
  CHECK(refusal(other) == "the memory of the state: service 0 is damaged: it is missing");
  MemoryBytes empty;
  REQUIRE(StateMemory::make(fragile(empty)));
  CHECK(refusal(empty) == "the memory of the state: nothing was saved in it");
}

TEST_CASE("state memory: nobody writes to what he has not read") {
  RestlessStack life(2, 9);
  MemoryBytes memory = memory_after(life, 3);
  auto opened = StateMemory::open(fragile(memory));
  REQUIRE(opened);
  const auto saved = opened.value().save(life.stack(), {});
  REQUIRE_FALSE(saved);
  CHECK(
      saved.error().what ==
      "the memory of the state: it is not this engine's to write: it was not loaded, or is an older build's");
  REQUIRE(opened.value().load());
  CHECK(opened.value().save(life.stack(), {}));
  const model::Stack smaller(std::make_shared<const model::StackSpec>(chain_of(1)), Now{});
  CHECK_FALSE(opened.value().save(smaller, {}));
}

TEST_CASE("state memory: where no room can be had the step before stays and the next has all") {
  RestlessStack life(3, 10);
  MemoryBytes memory;
  auto made = StateMemory::make(fragile(memory));
  REQUIRE(made);
  REQUIRE(made.value().save(life.stack(), {}));
  const std::string before = bytes_of(life.stack());
  memory.most_bytes = memory.bytes.size();
  made.value().set_facts(std::string(300'000, 'f'));
  const auto& changed = life.happen();
  const auto saved = made.value().save(life.stack(), changed);
  REQUIRE_FALSE(saved);
  CHECK(saved.error().what == "the memory of the state: grow: No space left on device");
  CHECK(load_from(memory).value() == Found{before, ""});

  // What changed while nothing could be saved is not lost.
  life.happen();
  memory.most_bytes = std::numeric_limits<std::size_t>::max();
  REQUIRE(made.value().save(life.stack(), {}));
  CHECK(load_from(memory).value() == Found{bytes_of(life.stack()), std::string(300'000, 'f')});
}

TEST_CASE("state memory: as many services as there may be and no more") {
  auto made = StateMemory::make();
  REQUIRE(made);
  const model::Stack stack(std::make_shared<const model::StackSpec>(chain_of(StateMemory::most_services)),
                           Now{});
  REQUIRE(made.value().save(stack, {}));
  auto loaded = made.value().load();
  REQUIRE(loaded);
  CHECK(bytes_of(loaded.value().stack) == bytes_of(stack));
  const model::Stack more(std::make_shared<const model::StackSpec>(chain_of(StateMemory::most_services + 1)),
                          Now{});
  const auto saved = made.value().save(more, {});
  REQUIRE_FALSE(saved);
  CHECK(saved.error().what == "the memory of the state: more than 4096 services");
}

TEST_CASE("state memory: it does not grow with the number of steps") {
  MemoryBytes memory;
  auto made = StateMemory::make(fragile(memory));
  REQUIRE(made);
  RestlessStack life(3, 11);
  const auto live = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      const auto& changed = life.happen();
      REQUIRE(made.value().save(life.stack(), changed));
    }
    return memory.bytes.size();
  };
  const std::size_t size = live(3000);
  CHECK(live(3000) == size);
}
