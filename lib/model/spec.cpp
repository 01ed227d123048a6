#include "model/spec.h"

#include <algorithm>
#include <cstddef>

namespace holdfast::model {
namespace {

enum class Mark : std::uint8_t { fresh, open, closed };

/// Walks needs depth first without recursion: a long chain of needs must not cost stack.
class Walk {
public:
  explicit Walk(const StackSpec& stack) : stack_(stack), marks_(stack.services.size(), Mark::fresh) {}

  /// Calls `leave(id)` for each service after all that it needs. Stops at the first cycle and returns it.
  template <typename Leave>
  std::vector<ServiceId> from(ServiceId start, Leave leave) {
    if (mark(start) != Mark::fresh) return {};
    enter(start);
    while (!path_.empty()) {
      auto& [id, next] = path_.back();
      const auto& needs = stack_.services[id.index].needs;
      if (next == needs.size()) {
        mark(id) = Mark::closed;
        leave(id);
        path_.pop_back();
        continue;
      }
      const ServiceId on = needs[next++].on;
      if (mark(on) == Mark::open) return cycle_to(on);
      if (mark(on) == Mark::fresh) enter(on);
    }
    return {};
  }

private:
  Mark& mark(ServiceId id) { return marks_[id.index]; }

  void enter(ServiceId id) {
    mark(id) = Mark::open;
    path_.push_back({id, 0});
  }

  std::vector<ServiceId> cycle_to(ServiceId on) const {
    std::vector<ServiceId> cycle;
    bool inside = false;
    for (const auto& [id, next] : path_) {
      inside = inside || id == on;
      if (inside) cycle.push_back(id);
    }
    return cycle;
  }

  const StackSpec& stack_;
  std::vector<Mark> marks_;
  std::vector<std::pair<ServiceId, std::size_t>> path_;
};

} // namespace

std::string words(const HostSetting& setting) {
  const auto sign = [&] {
    switch (setting.comparison) {
    case Comparison::at_least: return ">=";
    case Comparison::at_most: return "<=";
    case Comparison::equal: return "==";
    }
    return "";
  };
  return setting.name + " " + sign() + setting.wanted;
}

const Probe& probe_of(const ServiceSpec& service, ProbeRole role) {
  switch (role) {
  case ProbeRole::ready: return service.ready;
  case ProbeRole::progress: return *service.progress;
  case ProbeRole::live: return service.live->probe;
  }
  return service.ready;
}

Duration longest_stop(const ServiceSpec& service) {
  // What lives elsewhere is let go of at once.
  if (!service.external.empty()) return Duration{};
  Duration sum = service.leftovers + kill_grace;
  for (const Rung& rung : service.stop)
    sum += rung.wait;
  return sum;
}

Duration longest_stop(const StackSpec& stack) {
  std::vector<Duration> chain(stack.services.size(), Duration{});
  Duration longest{};
  Walk walk(stack);
  const auto leave = [&](ServiceId id) {
    const ServiceSpec& service = stack.services[id.index];
    Duration below{};
    for (const Need& need : service.needs)
      below = std::max(below, chain[need.on.index]);
    chain[id.index] = below + longest_stop(service);
    longest = std::max(longest, chain[id.index]);
  };
  for (std::uint32_t i = 0; i < stack.services.size(); ++i)
    static_cast<void>(walk.from({i}, leave));
  return longest;
}

std::vector<ServiceId> find_cycle(const StackSpec& stack) {
  Walk walk(stack);
  for (std::uint32_t i = 0; i < stack.services.size(); ++i)
    if (auto cycle = walk.from({i}, [](ServiceId) {}); !cycle.empty()) return cycle;
  return {};
}

} // namespace holdfast::model
