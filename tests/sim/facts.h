#pragma once
// What is to happen in the made-up world, in the order of its time.

#include "base/time.h"

#include <cstdint>
#include <vector>

namespace holdfast::sim {

enum class FactKind : std::uint8_t {
  // in the world: they happen whether or not an engine looks
  born,
  dies,
  children_go,
  comes_loose, ///< what survived its kill dies of it after all
  remote_turns,
  // datagrams: they wait in their socket for an engine
  says_ready,
  says_stopping,
  asks_for_time,
  // on their way to the engine: lost with it
  spawn_succeeded,
  spawn_failed,
  spawn_refused,
  exited,
  emptied,
  answered,
  requirements_seen,
  condition_seen,
};

[[nodiscard]] constexpr bool is_news(FactKind kind) {
  return kind >= FactKind::says_ready;
}
[[nodiscard]] constexpr bool is_datagram(FactKind kind) {
  return is_news(kind) && kind <= FactKind::asks_for_time;
}

struct Fact {
  MonoTime at{};
  std::uint64_t order = 0; ///< among those of one moment
  std::uint64_t run = 0;
  std::uint32_t who = 0; ///< the service, or the condition
  FactKind kind = FactKind::born;
  std::uint8_t role = 0;
  std::uint8_t outcome = 0;
  std::uint64_t question = 0; ///< that is answered
};

/// A heap. Those of one moment come in an order that has nothing to do with when they were put in.
class Facts {
public:
  void clear() { heap_.clear(); }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] MonoTime next() const { return heap_.empty() ? never : heap_.front().at; }
  void add(Fact fact);
  [[nodiscard]] Fact take();
  /// Forgets all that was on its way to the engine, but for datagrams.
  void lose_news();

private:
  std::vector<Fact> heap_;
  std::uint64_t added_ = 0;
};

} // namespace holdfast::sim
