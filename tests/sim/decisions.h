#pragma once
// All chance of an episode. A decision is named by its topic, whom it concerns and a number, and what comes
// of it depends on that name and the seed alone, not on how many others were drawn before. So one of them can
// be taken back (it then goes the harmless way) without changing any other: that is what the shrinker does.

#include "base/time.h"

#include <cstdint>
#include <vector>

namespace holdfast::sim {

enum class Topic : std::uint8_t {
  // the stack
  stack,
  exists,
  needs,
  conditions,
  kind,
  ready_probe,
  progress_probe,
  live_probe,
  ladder,
  policy,
  mutation,
  mutated_service,
  // programs and the kernel
  launch,
  readiness,
  life,
  obedience,
  children,
  chatter,
  answer,
  remote,
  look,
  latency,
  // whoever acts upon them
  act,
  // never taken back
  time,
  jitter,
};

/// splitmix64 (Steele, Lea, Flood 2014).
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// The numbers of one decision, one after another. A harmless one draws 0 and no chance ever comes true.
class Draw {
public:
  Draw(std::uint64_t state, bool harmless) : state_(state), harmless_(harmless) {}
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    if (harmless_) return 0;
    state_ = mixed(state_);
    if (bound > 0xffffffff) return state_ % bound;
    // The upper bits times the bound: as even as a remainder, without a division.
    return ((state_ >> 32) * bound) >> 32;
  }
  [[nodiscard]] bool percent(unsigned share) { return !harmless_ && below(100) < share; }
  [[nodiscard]] Duration up_to(Duration span) {
    return Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>(span.count()) + 1)));
  }
  [[nodiscard]] Duration between(Duration low, Duration high) { return low + up_to(high - low); }
  /// At, just before or just after `span`, or anywhere within twice as long: where races are.
  [[nodiscard]] Duration about(Duration span);
  [[nodiscard]] bool harmless() const { return harmless_; }

private:
  std::uint64_t state_;
  bool harmless_;
};

/// What names a decision, in one number that orders by topic.
using DecisionName = std::uint64_t;

class Decisions {
public:
  explicit Decisions(std::uint64_t seed) : seed_(mixed(seed)) {}

  [[nodiscard]] Draw about(Topic topic, std::uint64_t who, std::uint64_t nth) {
    const DecisionName name =
        (static_cast<std::uint64_t>(topic) << 56) | ((who & 0xffffff) << 32) | (nth & 0xffffffff);
    return {mixed(seed_ ^ mixed(name)), is_harmless(topic, name)};
  }

  /// From now on every decision of programs and kernel goes the harmless way.
  void cease_faults() { calm_ = true; }

  /// Notes the name of each decision that is not harmless.
  void note_names() { notes_ = true; }
  /// In order, each once.
  [[nodiscard]] std::vector<DecisionName> names() const;
  /// All decisions but these go the harmless way. Sorted.
  void allow_only(std::vector<DecisionName> names);

private:
  [[nodiscard]] bool is_harmless(Topic topic, DecisionName name) {
    if (topic >= Topic::time) return false;
    if (calm_ && topic >= Topic::launch) return true;
    return (notes_ || limited_) && !allowed(name);
  }
  [[nodiscard]] bool allowed(DecisionName name);

  std::uint64_t seed_;
  bool calm_ = false;
  bool notes_ = false;
  bool limited_ = false;
  std::vector<DecisionName> noted_;
  std::vector<DecisionName> only_;
};

} // namespace holdfast::sim
