#pragma once
// Whoever acts upon the stack, and whatever happens to the machine: an operator, an engine that dies, volumes
// that go, a clock that is set. Each act has a moment of its own, near to what the stack or the world is
// about to do as often as not.

#include "decisions.h"
#include "model/events.h"
#include "model/stack.h"

#include <cstdint>
#include <optional>

namespace holdfast::sim {

enum class ActKind : std::uint8_t {
  none,
  command, ///< an event for the model, as are the next three
  door,
  pressure,
  suspend,
  reload,
  kill_main,
  memory, ///< a service is slowed above its memory_high, or no longer
  condition,
  set_wall_clock,
  engine_stalls, ///< all events of a while come late
  engine_dies,
};

/// Where in what it does an engine dies.
enum class DeathPoint : std::uint8_t {
  at_an_action,  ///< after `count` more: the next is not carried out
  before_a_note, ///< the next is, and nothing says so
  before_a_step, ///< of the next news, which it has heard
};

struct Act {
  ActKind kind = ActKind::none;
  model::Verb verb = model::Verb::start;
  std::uint64_t services = 0; ///< how many; 0: all
  std::uint64_t seed = 0;     ///< of what it chooses
  Duration span{};
  unsigned count = 0;
  bool on = false;
  DeathPoint point = DeathPoint::at_an_action;
  unsigned again = 0; ///< so many of the engines that follow die as soon
};

class Hostility {
public:
  explicit Hostility(Decisions& decisions) : decisions_(decisions) {}
  [[nodiscard]] MonoTime next() const { return next_; }
  /// Chooses the moment of the next act, which is near `world` or `stack`, the next that happens there.
  void plan(MonoTime now, MonoTime stack, MonoTime world);
  [[nodiscard]] Act take();
  void cease() { next_ = never; }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

private:
  Decisions& decisions_;
  MonoTime next_ = never;
  std::uint64_t taken_ = 0;
};

} // namespace holdfast::sim
