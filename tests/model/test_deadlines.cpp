#include "model/deadlines.h"
#include "support/catch.h"

#include <algorithm>
#include <random>

using namespace holdfast;
using namespace holdfast::model;
using namespace std::chrono_literals;

TEST_CASE("deadlines: none, one, and none again") {
  Deadlines deadlines(2);
  CHECK(deadlines.next() == never);
  deadlines.set(0, never);
  deadlines.set(1, MonoTime(5s));
  CHECK(deadlines.next() == MonoTime(5s));
  CHECK(deadlines.first() == 1);
  deadlines.set(1, never);
  CHECK(deadlines.next() == never);
}

TEST_CASE("deadlines: against a list that is searched, with random changes") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U, 4U, 5U);
  std::mt19937_64 random(seed);
  const std::size_t owners = 1 + random() % 60;
  Deadlines deadlines(owners);
  std::vector<MonoTime> list(owners, never);
  for (int change = 0; change < 20'000; ++change) {
    const auto owner = static_cast<std::uint32_t>(random() % owners);
    // Few different times, so that many are equal.
    const MonoTime due = random() % 3 == 0 ? never : MonoTime(std::chrono::seconds(random() % 50));
    deadlines.set(owner, due);
    list[owner] = due;
    const MonoTime least = *std::min_element(list.begin(), list.end());
    REQUIRE(deadlines.next() == least);
    if (least != never) REQUIRE(list[deadlines.first()] == least);
  }
}

TEST_CASE("deadlines: taken out one by one they come in order") {
  std::mt19937_64 random(7);
  Deadlines deadlines(1000);
  for (std::uint32_t owner = 0; owner < 1000; ++owner)
    deadlines.set(owner, MonoTime(Duration(static_cast<Duration::rep>(random() % 100'000))));
  MonoTime last{};
  for (int taken = 0; taken < 1000; ++taken) {
    REQUIRE(deadlines.next() >= last);
    last = deadlines.next();
    deadlines.set(deadlines.first(), never);
  }
  CHECK(deadlines.next() == never);
}
