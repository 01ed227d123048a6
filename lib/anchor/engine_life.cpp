#include "anchor/engine_life.h"

#include <algorithm>
#include <csignal>
#include <limits>

namespace holdfast::anchor {
namespace {

/// In the order in which they are told: a stop comes after what it would make needless.
constexpr std::array<int, wire::passed_signals> passed{SIGHUP, SIGINT, SIGTERM};

/// passed.size() for any other signal.
std::size_t index_of(int signal) {
  return static_cast<std::size_t>(std::ranges::find(passed, signal) - passed.begin());
}

} // namespace

Next count_death(wire::AnchorLife& memory, MonoTime now, bool adopted, Duration window) {
  memory.early_deaths = adopted ? 0 : memory.early_deaths + 1;
  if (memory.early_deaths >= most_early_deaths) return Next::none;
  const std::int64_t time = now.time_since_epoch().count();
  const std::int64_t eldest = memory.deaths.front();
  std::ranges::rotate(memory.deaths, memory.deaths.begin() + 1);
  memory.deaths.back() = time;
  return eldest != 0 && Duration(time - eldest) < window ? Next::after_pause : Next::at_once;
}

std::int64_t PulseWatch::looks_in(Duration time) const {
  return (time + between_looks() - Duration(1)) / between_looks();
}

void PulseWatch::begin(std::uint64_t pulse, MonoTime now) {
  seen_ = pulse;
  looks_left_ = looks_in(patience_.first_pulse);
  next_look_ = later(now, between_looks());
}

bool PulseWatch::is_hung(std::uint64_t pulse, MonoTime now) {
  if (now < next_look_) return false;
  next_look_ = later(now, between_looks());
  if (pulse != seen_) {
    seen_ = pulse;
    looks_left_ = looks_in(patience_.pulse);
    return false;
  }
  --looks_left_;
  if (looks_left_ > 0) return false;
  end();
  return true;
}

void PassedSignals::came(int signal) {
  if (const std::size_t i = index_of(signal); i < passed.size()) memory_.due[i] = 1;
}

int PassedSignals::due() const {
  for (std::size_t i = 0; i < passed.size(); ++i)
    if (memory_.due[i] != 0) return passed[i];
  return 0;
}

void PassedSignals::told(int signal) {
  const std::size_t i = index_of(signal);
  if (i >= passed.size()) return;
  memory_.due[i] = 0;
  if (memory_.told[i] < std::numeric_limits<std::uint8_t>::max()) ++memory_.told[i];
}

void PassedSignals::took(int signal) {
  const std::size_t i = index_of(signal);
  if (i < passed.size() && memory_.told[i] > 0) --memory_.told[i];
}

void PassedSignals::engine_is_new() {
  for (std::size_t i = 0; i < passed.size(); ++i)
    if (std::exchange(memory_.told[i], 0) > 0) memory_.due[i] = 1;
}

} // namespace holdfast::anchor
