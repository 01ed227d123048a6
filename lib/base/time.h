#pragma once
// Two kinds of time that cannot be mixed up: MonoTime decides (CLOCK_MONOTONIC; a step of the wall clock
// changes nothing), WallTime is shown to people and never compared.

#include <chrono>
#include <cstdint>
#include <string>

namespace holdfast {

using Duration = std::chrono::nanoseconds;

struct MonoClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock, Duration>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

constexpr MonoTime never = MonoTime::max();

/// `t + d` that stays at `never` instead of overflowing.
[[nodiscard]] constexpr MonoTime later(MonoTime t, Duration d) {
  return d > Duration{} && t >= never - d ? never : t + d;
}

/// One reading of the clocks, made once a turn of the loop, and one random draw for jitter: the model takes
/// both as data.
struct Now {
  MonoTime mono{};
  WallTime wall{};
  std::uint64_t draw = 0;
};

/// "2026-11-24T06:53:30.123456Z".
[[nodiscard]] std::string format_utc(WallTime time);

/// "2026-11-24T06:53:30Z".
[[nodiscard]] std::string format_utc_seconds(WallTime time);

/// For people: "0.05 s", "3.1 s", "2 min 5 s", "3 h 20 min".
[[nodiscard]] std::string format_span(Duration span);

} // namespace holdfast
