#pragma once

#include "engine/runs.h"
#include "engine/tree.h"
#include "model/stack.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast::engine {

/// What the kernel says of a cgroup's memory at one moment.
struct MemorySample {
  std::uint64_t current = 0;   ///< bytes
  std::uint64_t throttled = 0; ///< how often it was slowed for memory.high
  double stalled = 0;          ///< full avg10 of memory.pressure, in percent
};

/// Whether it lives above `high` bytes and loses a tenth of its time to that. What the kernel reclaims at
/// once keeps it just below: then it was slowed since the look before.
[[nodiscard]] bool is_short(const MemorySample& before, const MemorySample& now, std::uint64_t high);

/// Looks every few seconds at the services that have a memory_high. The kernel never kills for it, so that
/// one which wants more can stall without end.
class MemoryPressure {
public:
  struct Parts {
    boost::asio::io_context& loop;
    const Tree& tree;
    const Runs& runs;
  };
  MemoryPressure(Parts parts, const model::Stack& stack, Happened happened);

  /// The stack has another spec: there may be somebody to look at.
  void respecified();

private:
  struct Track {
    RunNumber run;
    std::optional<bool> told; ///< of the run; what an engine before us told, nobody knows
    MemorySample seen;
  };

  [[nodiscard]] bool is_watched(ServiceId service) const;
  void wait();
  void look(ServiceId service);

  Parts parts_;
  const model::Stack& stack_;
  Happened happened_;
  std::vector<Track> tracks_; ///< by service
  boost::asio::steady_timer timer_;
  bool waits_ = false;
};

} // namespace holdfast::engine
