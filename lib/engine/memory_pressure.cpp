#include "engine/memory_pressure.h"

#include "linux/cgroup.h"
#include "linux/pressure.h"

#include <chrono>
#include <utility>

namespace holdfast::engine {
namespace {

constexpr auto every = std::chrono::seconds(5);
constexpr double too_much = 10;

std::optional<MemorySample> sample(const std::string& cgroup) {
  const auto current = linux_os::number_in(cgroup, "memory.current");
  const auto throttled = linux_os::counter_in(cgroup, "memory.events", "high");
  const auto pressure = linux_os::pressure_of(cgroup, "memory.pressure");
  if (!current || !throttled || !pressure) return std::nullopt;
  return MemorySample{.current = *current, .throttled = *throttled, .stalled = pressure->full};
}

} // namespace

bool is_short(const MemorySample& before, const MemorySample& now, std::uint64_t high) {
  const bool is_above = now.current >= high || now.throttled > before.throttled;
  return is_above && now.stalled >= too_much;
}

MemoryPressure::MemoryPressure(Parts parts, const model::Stack& stack, Happened happened)
    : parts_(parts), stack_(stack), happened_(std::move(happened)), timer_(parts.loop) {
  respecified();
}

bool MemoryPressure::is_watched(ServiceId service) const {
  return parts_.tree.controllers().contains(linux_os::Controller::memory) &&
         stack_.spec(service).group_limits.memory_high.has_value();
}

void MemoryPressure::respecified() {
  tracks_.resize(stack_.size());
  bool is_any_watched = false;
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    if (is_watched({i}))
      is_any_watched = true;
    else if (std::exchange(tracks_[i].told, std::nullopt).value_or(false)) // its limit was taken away
      happened_(model::MemoryShort{{i}, tracks_[i].run, false});
  }
  if (is_any_watched) wait();
}

void MemoryPressure::wait() {
  if (std::exchange(waits_, true)) return;
  timer_.expires_after(every);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    waits_ = false;
    for (std::uint32_t i = 0; i < stack_.size(); ++i)
      look({i});
    respecified();
  });
}

void MemoryPressure::look(ServiceId service) {
  const auto run = parts_.runs.present(service);
  if (!run || !is_watched(service)) return;
  const auto now = sample(parts_.tree.service(stack_.spec(service).name));
  if (!now) return;
  Track& track = tracks_[service.index];
  if (track.run != *run) track = {.run = *run, .told = {}, .seen = *now};
  const bool found =
      is_short(std::exchange(track.seen, *now), *now, *stack_.spec(service).group_limits.memory_high);
  if (std::exchange(track.told, found) != found) happened_(model::MemoryShort{service, *run, found});
}

} // namespace holdfast::engine
