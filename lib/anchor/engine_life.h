#pragma once
// What follows from the engine's life and death. Plain bookkeeping: the time comes in, nothing is done here.

#include "base/time.h"
#include "wire/last_stop.h"

#include <cstdint>

namespace holdfast::anchor {

/// Durations that the anchor goes by.
struct Patience {
  Duration pulse = std::chrono::seconds(10);       ///< an engine whose pulse stands still so long is hung,
  Duration first_pulse = std::chrono::seconds(60); ///< and so is one that has none so long after its start
  Duration window = std::chrono::seconds(60);      ///< six deaths within it are too many,
  Duration pause = std::chrono::seconds(1);        ///< and then the next engine starts after this
  Duration trial = std::chrono::seconds(10);       ///< in which the next build passes its trial
  Duration take_over = std::chrono::seconds(60);   ///< and an engine of it adopts
};

/// Five engines in a row that die before they are adopted end the stack; the third does not read the saved
/// state.
constexpr std::uint32_t most_early_deaths = 5;
constexpr std::uint32_t early_deaths_to_distrust = 2;
/// So many of the next build, and the build before it returns.
constexpr std::uint32_t early_deaths_to_go_back = 2;
static_assert(wire::remembered_deaths == 5, "the sixth within the window is one too many");

enum class Next { at_once, after_pause, none };

/// Writes a death into `memory`. What comes after it.
[[nodiscard]] Next count_death(wire::AnchorLife& memory, MonoTime now, bool adopted, Duration window);

/// Looks at the pulse four times in the time that is allowed, and counts looks that saw no change. So time in
/// which the anchor itself did not run, since the machine was suspended or both were frozen, does not count.
class PulseWatch {
public:
  explicit PulseWatch(const Patience& patience) : patience_(patience) {}

  /// A new engine, which has not moved `pulse` yet.
  void begin(std::uint64_t pulse, MonoTime now);
  /// There is no engine to watch.
  void end() { next_look_ = never; }
  /// Whether this is one look too many without a change; the watch is over then. Before next_look() it is
  /// none.
  [[nodiscard]] bool is_hung(std::uint64_t pulse, MonoTime now);
  [[nodiscard]] MonoTime next_look() const { return next_look_; }

private:
  [[nodiscard]] Duration between_looks() const { return patience_.pulse / 4; }
  [[nodiscard]] std::int64_t looks_in(Duration time) const;

  Patience patience_;
  std::uint64_t seen_ = 0;
  std::int64_t looks_left_ = 0;
  MonoTime next_look_ = never;
};

/// SIGTERM, SIGINT and SIGHUP on their way to the engine: each until an engine took it into its state. While
/// it is not told, one more of the same is the same one, as with signals anywhere.
class PassedSignals {
public:
  explicit PassedSignals(wire::AnchorLife& memory) : memory_(memory) {}

  void came(int signal);
  /// The one to be told next; 0: none. It is due until told() is called.
  [[nodiscard]] int due() const;
  void told(int signal);
  void took(int signal);
  /// What was told to the engine before and not taken is due again.
  void engine_is_new();

private:
  wire::AnchorLife& memory_;
};

} // namespace holdfast::anchor
