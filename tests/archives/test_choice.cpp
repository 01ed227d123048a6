#include "archives/choice.h"
#include "support/catch.h"

#include <algorithm>
#include <map>
#include <random>

using namespace holdfast;
using namespace holdfast::archives;
using namespace std::chrono_literals;
using holdfast::wire::KeepLimits;

namespace {

constexpr WallTime now{std::chrono::hours(24 * 365 * 50)};

/// "redis 3": put aside three days ago.
Archive archive(const std::string& service, int days, std::uint64_t bytes = 100) {
  return {.name = service + " " + std::to_string(days),
          .service = service,
          .put_aside = now - days * 24h,
          .bytes = bytes};
}

/// "redis 3: too old", in their order.
std::vector<std::string> removed(const std::vector<Archive>& all, const KeepLimits& keep,
                                 std::uint64_t missing_bytes = 0) {
  std::vector<std::string> words;
  for (const Removal& removal : choose_removals(all, keep, now, missing_bytes)) {
    const char* why = removal.reason == wire::RemovalReason::too_old        ? ": too old"
                      : removal.reason == wire::RemovalReason::too_many     ? ": too many"
                      : removal.reason == wire::RemovalReason::beyond_total ? ": beyond the total"
                                                                            : ": short disk";
    words.push_back(removal.archive.name + why);
  }
  return words;
}

using Words = std::vector<std::string>;

} // namespace

TEST_CASE("archive choice: without limits nothing goes") {
  CHECK(removed({archive("a", 20'000), archive("b", 0, 1ULL << 60U)}, {}).empty());
  CHECK(removed({}, {.age = 0s, .total = 0, .files = 1}).empty());
}

TEST_CASE("archive choice: by age - one that is exactly so old stays") {
  const std::vector<Archive> all{archive("a", 91), archive("b", 90), archive("a", 89), archive("c", 200)};
  CHECK(removed(all, {.age = 90 * 24h}) == Words{"c 200: too old", "a 91: too old"});
  CHECK(removed(all, {.age = Duration::max()}).empty());
}

TEST_CASE("archive choice: what comes from the future is young") {
  CHECK(removed({archive("a", -400)}, {.age = 0s}).empty());
  CHECK(removed({archive("a", -400), archive("a", 1)}, {.total = 100}) == Words{"a 1: beyond the total"});
}

TEST_CASE("archive choice: by number - each service for itself") {
  const std::vector<Archive> all{archive("a", 1), archive("a", 3), archive("a", 2), archive("b", 9)};
  CHECK(removed(all, {.files = 2}) == Words{"a 3: too many"});
  CHECK(removed(all, {.files = 1}) == Words{"a 3: too many", "a 2: too many"});
}

TEST_CASE("archive choice: by total - the oldest of all services first and no more than needed") {
  const std::vector<Archive> all{archive("a", 1, 50), archive("b", 2, 30), archive("a", 4, 10),
                                 archive("c", 3, 40)};
  CHECK(removed(all, {.total = 130}).empty());
  CHECK(removed(all, {.total = 129}) == Words{"a 4: beyond the total"});
  CHECK(removed(all, {.total = 119}) == Words{"a 4: beyond the total", "c 3: beyond the total"});
  CHECK(removed(all, {.total = 0}).size() == 4);
  // The newest goes too where it alone is too much: the bound is one.
  CHECK(removed({archive("a", 0, 101)}, {.total = 100}) == Words{"a 0: beyond the total"});
}

TEST_CASE("archive choice: on a short disk the oldest of all services go - no more than needed") {
  const std::vector<Archive> all{archive("a", 1, 50), archive("b", 2, 30), archive("a", 4, 10)};
  CHECK(removed(all, {}, 1) == Words{"a 4: short disk"});
  CHECK(removed(all, {}, 10) == Words{"a 4: short disk"});
  CHECK(removed(all, {}, 11) == Words{"a 4: short disk", "b 2: short disk"});
  CHECK(removed(all, {}, 1'000).size() == 3);
  // What goes anyway makes room too.
  CHECK(removed(all, {.total = 80}, 10) == Words{"a 4: beyond the total"});
}

TEST_CASE("archive choice: nothing goes for the bytes of what goes anyway") {
  const std::vector<Archive> all{archive("a", 5, 1000), archive("b", 100, 1000), archive("a", 6, 1000),
                                 archive("b", 50, 10)};
  CHECK(removed(all, {.age = 90 * 24h, .total = 1010, .files = 1}) ==
        Words{"b 100: too old", "a 6: too many"});
}

TEST_CASE("archive choice: of two from the same moment the first name goes") {
  std::vector<Archive> all{archive("b", 1), archive("a", 1)};
  CHECK(removed(all, {.total = 100}) == Words{"a 1: beyond the total"});
}

TEST_CASE("archive choice: whatever there is - what is left keeps all limits and what went was the oldest") {
  std::mt19937 draw(7);
  const auto below = [&](int most) { return static_cast<int>(draw() % static_cast<unsigned>(most)); };
  for (int round = 0; round < 500; ++round) {
    std::vector<Archive> all;
    for (int i = below(30); i > 0; --i) {
      Archive one = archive(std::string(1, static_cast<char>('a' + below(4))), below(40) - 2,
                            static_cast<std::uint64_t>(below(100)));
      one.name += " " + std::to_string(i);
      all.push_back(one);
    }
    const KeepLimits keep{.age = below(45) * 24h,
                          .total = static_cast<std::uint64_t>(below(2000)),
                          .files = static_cast<std::uint64_t>(1 + below(10))};
    std::map<std::string, wire::RemovalReason> gone;
    for (const Removal& removal : choose_removals(all, keep, now))
      REQUIRE(gone.emplace(removal.archive.name, removal.reason).second);
    std::uint64_t bytes = 0;
    std::map<std::string, std::uint64_t> files;
    for (const Archive& one : all) {
      if (gone.contains(one.name)) continue;
      CHECK(now - one.put_aside <= std::max<Duration>(keep.age, 0s));
      bytes += one.bytes;
      ++files[one.service];
      for (const Archive& other : all)
        if (gone.contains(other.name) && other.put_aside > one.put_aside) {
          CHECK(gone.at(other.name) == wire::RemovalReason::too_many);
          CHECK(other.service != one.service);
        }
    }
    CHECK(bytes <= keep.total);
    for (const auto& [service, count] : files)
      CHECK(count <= *keep.files);
  }
}
