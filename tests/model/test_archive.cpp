#include "arbitrary.h"
#include "model/archive.h"
#include "model/checksum.h"
#include "model/envelope.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

constexpr Places places{.services = 5, .conditions = 3};

template <typename T>
std::string bytes_of(const T& value) {
  Writer writer;
  writer.put(value);
  return writer.take();
}

template <typename T>
std::string flaw_in(std::string_view bytes) {
  T value{};
  Reader reader(bytes, places);
  reader.get(value);
  return std::string(reader.flaw());
}

/// Written, read and written again: the same bytes, all of them used.
template <typename T>
void check_round_trip(std::uint64_t seed) {
  Dice dice(seed);
  const T value = Arbitrary(dice, places).make<T>();
  const std::string bytes = bytes_of(value);
  T read;
  Reader reader(bytes, places);
  reader.get(read);
  INFO(reader.flaw());
  REQUIRE(reader.flaw().empty());
  CHECK(reader.at_end());
  CHECK(bytes_of(read) == bytes);
}

template <typename... Ts>
void check_round_trips(std::uint64_t seed) {
  (check_round_trip<Ts>(seed), ...);
}

template <typename Variant>
struct Each;
template <typename... Ts>
struct Each<std::variant<Ts...>> {
  static void check(std::uint64_t seed) { check_round_trips<Ts...>(seed); }
};

} // namespace

TEST_CASE("archive: what is written is read") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    Each<Event>::check(seed);
    Each<Phase>::check(seed);
    check_round_trips<Service, StackState, Now>(seed);
  }
}

TEST_CASE("archive: a spec that was read is equal to the one that was written") {
  Dice dice(7);
  const auto spec = Arbitrary(dice, places).make<std::shared_ptr<const StackSpec>>();
  const std::string bytes = bytes_of(*spec);
  StackSpec read;
  Reader reader(bytes, places);
  reader.get(read);
  CHECK(reader.flaw() == "");
  CHECK(read == *spec);
}

TEST_CASE("archive: the layout of what is saved is that of its format") {
  // Whoever changes fields.h or a type in it sees this fail: raise `format`, and put the new sum here.
  Dice dice(42);
  Arbitrary any(dice, places);
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += bytes_of(any.make<Event>());
    all += bytes_of(any.make<Service>());
    all += bytes_of(any.make<StackState>());
  }
  CHECK(format == 11);
  CHECK(checksum(all) == 0x3a5bf2a8);
}

TEST_CASE("archive: numbers at their limits") {
  const auto comes_back = [](auto value) {
    auto read = decltype(value){};
    const std::string bytes = bytes_of(value);
    Reader reader(bytes, places);
    reader.get(read);
    return reader.flaw().empty() && reader.at_end() && read == value;
  };
  for (const std::uint64_t value :
       {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, ~std::uint64_t{0}})
    CHECK(comes_back(value));
  for (const int value : {0, -1, 1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()})
    CHECK(comes_back(value));
  for (const MonoTime value : {never, MonoTime{}, MonoTime(Duration(-1)), MonoTime(Duration(longest_time))})
    CHECK(comes_back(value));
}

TEST_CASE("archive: what cannot be is refused") {
  CHECK(flaw_in<std::string>("\x05"
                             "four") == "a length beyond the end");
  CHECK(flaw_in<std::vector<std::string>>("\xFF\xFF\xFF\xFF\x0F") == "a length beyond the end");
  CHECK(flaw_in<unsigned>("\x80") == "it ends too early");
  CHECK(flaw_in<unsigned>("") == "it ends too early");
  CHECK(flaw_in<unsigned>("\xFF\xFF\xFF\xFF\x7F") == "a number out of range");
  CHECK(flaw_in<std::uint64_t>("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02") == "a number out of range");
  CHECK(flaw_in<bool>("\x02") == "a number out of range");
  CHECK(flaw_in<PhaseName>("\x09") == "a value that does not exist");
  CHECK(flaw_in<Phase>("\x09") == "a kind of thing that does not exist");
  CHECK(flaw_in<ServiceId>("\x05") == "a service that is not in the configuration");
  CHECK(flaw_in<ConditionId>("\x03") == "a condition that is not in the configuration");
  CHECK(flaw_in<Duration>(bytes_of(std::int64_t{longest_time + 1})) == "a number out of range");
  CHECK(flaw_in<MonoTime>(bytes_of(MonoTime(Duration(longest_time + 1)))) == "a number out of range");
  const std::map<std::string, std::string> table{{"a", "1"}, {"b", "2"}};
  std::string swapped = bytes_of(table);
  std::swap(swapped[2], swapped[6]);
  CHECK(flaw_in<std::map<std::string, std::string>>(swapped) == "a table out of order");
}

TEST_CASE("archive: an event about what is not there is refused") {
  Dice dice(3);
  Arbitrary more(dice, {.services = 6, .conditions = 4});
  for (int i = 0; i < 100; ++i) {
    const auto event = more.make<ProbeAnswered>();
    CHECK(flaw_in<ProbeAnswered>(bytes_of(event)).empty() == (event.service.index < places.services));
  }
  // Nor is one about the first of no conditions right, though 0 also stands for none.
  const std::string bytes = bytes_of(ConditionSeen{});
  Reader reader(bytes, {.services = 1, .conditions = 0});
  ConditionSeen seen;
  reader.get(seen);
  CHECK(reader.flaw() == "a condition that is not in the configuration");
}

TEST_CASE("archive: a configuration that moves services from their places is refused") {
  Dice dice(3);
  ConfigurationChanged fewer = Arbitrary(dice, {.services = 4, .conditions = 3}).make<ConfigurationChanged>();
  CHECK(flaw_in<ConfigurationChanged>(bytes_of(fewer)) ==
        "a configuration that moves services from their places");
}

TEST_CASE("archive: a spec that is none is refused") {
  Dice dice(5);
  const auto good = Arbitrary(dice, places).make<std::shared_ptr<const StackSpec>>();
  const auto flaw_with = [&](auto change) {
    StackSpec spec = *good;
    change(spec);
    return std::string(flaw_of(spec, places));
  };
  CHECK(flaw_with([](StackSpec&) {}).empty());
  CHECK(flaw_with([](StackSpec& s) { s.services.clear(); }) == "a stack without services");
  CHECK(flaw_with([](StackSpec& s) { s.services.resize(70'000); }) == "more services than any stack has");
  CHECK(flaw_with([](StackSpec& s) { s.services[0].stop.clear(); }) == "a service that cannot be stopped");
  CHECK(flaw_with([](StackSpec& s) { s.services[0].needs = {{.on = {4}}}; }) == "needs in a circle");
  CHECK(flaw_with([](StackSpec& s) { s.services[0].needs = {{.on = {5}}}; }) ==
        "a need of what is not there");
  CHECK(flaw_with([](StackSpec& s) { s.services[2].needs = {{.on = {2}}}; }) ==
        "a need of what is not there");
  CHECK(flaw_with([](StackSpec& s) { s.services[2].conditions = {{3}}; }) == "a condition that is not there");
  CHECK(flaw_with([](StackSpec& s) { s.services[2].stop[0].wait = -1s; }) == "a negative time");
  CHECK(flaw_with([](StackSpec& s) { s.services[2].restart.delay = -1s; }) == "a negative time");
  CHECK(flaw_with([](StackSpec& s) { s.start_within = -1s; }) == "a negative time");
  CHECK(flaw_with([](StackSpec& s) { s.start_at_once = 0; }) == "a stack that never starts");
  CHECK(flaw_with([](StackSpec& s) { s.stack_budget.window = -1s; }) == "a negative time");
  Probe probe = running_for(1s);
  probe.every = 0s;
  CHECK(flaw_of(probe, places) == "a probe that is never asked");
}
