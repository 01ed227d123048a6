#include "anchor/engine_life.h"

#include "support/catch.h"

#include <csignal>

using namespace holdfast;
using namespace holdfast::anchor;
using namespace std::chrono_literals;

namespace {

MonoTime at(Duration since_boot) {
  return MonoTime(since_boot);
}

constexpr Duration minute = 60s;

} // namespace

TEST_CASE("engine life: the sixth death within the window is one too many, and so is each that follows") {
  wire::AnchorLife memory{};
  for (int i = 1; i <= 5; ++i)
    CHECK(count_death(memory, at(i * 10s), true, minute) == Next::at_once);
  SECTION("within it") {
    CHECK(count_death(memory, at(70s - 1ns), true, minute) == Next::after_pause);
    CHECK(count_death(memory, at(71s), true, minute) == Next::after_pause);
    CHECK(count_death(memory, at(200s), true, minute) == Next::at_once);
  }
  SECTION("as it ends") {
    CHECK(count_death(memory, at(70s), true, minute) == Next::at_once);
  }
}

TEST_CASE("engine life: five early deaths in a row are the end; one that took over begins anew") {
  wire::AnchorLife memory{};
  for (int i = 1; i <= 4; ++i)
    CHECK(count_death(memory, at(i * 1h), false, minute) == Next::at_once);
  SECTION("the fifth") {
    CHECK(count_death(memory, at(5h), false, minute) == Next::none);
  }
  SECTION("one that took over between") {
    CHECK(count_death(memory, at(5h), true, minute) == Next::at_once);
    for (int i = 6; i <= 9; ++i)
      CHECK(count_death(memory, at(i * 1h), false, minute) == Next::at_once);
    CHECK(count_death(memory, at(10h), false, minute) == Next::none);
  }
}

TEST_CASE("engine life: it is hung when the pulse stood still for four looks") {
  PulseWatch watch({.pulse = 8s, .first_pulse = 60s});
  watch.begin(0, at(100s));
  MonoTime now = watch.next_look();
  CHECK(now == at(102s));
  CHECK_FALSE(watch.is_hung(1, now));
  for (int look = 1; look <= 3; ++look) {
    now += 2s;
    CHECK(watch.next_look() == now);
    CHECK_FALSE(watch.is_hung(1, now));
  }
  SECTION("and moves not") {
    CHECK_FALSE(watch.is_hung(1, now + 2s - 1ns));
    CHECK(watch.is_hung(1, now + 2s));
    // It is said once.
    CHECK(watch.next_look() == never);
    CHECK_FALSE(watch.is_hung(1, now + 1h));
  }
  SECTION("and moves at last") {
    CHECK_FALSE(watch.is_hung(2, now + 2s));
    CHECK_FALSE(watch.is_hung(2, now + 4s));
  }
}

TEST_CASE("engine life: the first pulse has a time of its own") {
  PulseWatch watch({.pulse = 8s, .first_pulse = 61s});
  watch.begin(7, at(0s));
  int looks = 0;
  for (bool hung = false; !hung; ++looks)
    hung = watch.is_hung(7, watch.next_look());
  CHECK(looks == 31);
}

TEST_CASE("engine life: a time in which nobody could look is one look") {
  PulseWatch watch({.pulse = 8s, .first_pulse = 60s});
  watch.begin(0, at(0s));
  CHECK_FALSE(watch.is_hung(1, at(2s)));
  CHECK_FALSE(watch.is_hung(1, at(1h)));
  CHECK(watch.next_look() == at(1h + 2s));
  CHECK_FALSE(watch.is_hung(1, at(1h + 2s)));
  CHECK_FALSE(watch.is_hung(1, at(1h + 4s)));
  CHECK(watch.is_hung(1, at(1h + 6s)));
}

TEST_CASE("engine life: signals are told in order; those of one kind that wait are one") {
  wire::AnchorLife memory{};
  PassedSignals signals(memory);
  CHECK(signals.due() == 0);
  signals.came(SIGTERM);
  signals.came(SIGTERM);
  signals.came(SIGHUP);
  signals.came(SIGUSR1);
  CHECK(signals.due() == SIGHUP);
  CHECK(signals.due() == SIGHUP);
  signals.told(SIGHUP);
  CHECK(signals.due() == SIGTERM);
  signals.told(SIGTERM);
  CHECK(signals.due() == 0);
}

TEST_CASE("engine life: what was told and not taken is due for the next engine") {
  wire::AnchorLife memory{};
  PassedSignals signals(memory);
  const auto tell_again = [&] {
    signals.came(SIGHUP);
    signals.told(signals.due());
  };
  tell_again();
  tell_again();
  signals.took(SIGHUP);
  SECTION("of two, the one that was not taken") {
    signals.engine_is_new();
    CHECK(signals.due() == SIGHUP);
    signals.told(SIGHUP);
    signals.took(SIGHUP);
    signals.engine_is_new();
    CHECK(signals.due() == 0);
  }
  SECTION("what was taken is not, and nothing can be taken twice") {
    signals.took(SIGHUP);
    signals.took(SIGHUP);
    signals.took(SIGUSR1);
    signals.engine_is_new();
    CHECK(signals.due() == 0);
    tell_again();
    signals.engine_is_new();
    CHECK(signals.due() == SIGHUP);
  }
  SECTION("however many there were") {
    for (int i = 0; i < 1000; ++i)
      tell_again();
    signals.engine_is_new();
    CHECK(signals.due() == SIGHUP);
  }
}
