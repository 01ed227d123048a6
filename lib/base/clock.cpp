#include "base/clock.h"

#include <ctime>

namespace holdfast {
namespace {

Duration read(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

} // namespace

MonoTime read_mono() {
  return MonoTime(read(CLOCK_MONOTONIC));
}

WallTime read_wall() {
  return WallTime(read(CLOCK_REALTIME));
}

} // namespace holdfast
