#pragma once

#include "base/time.h"

#include <cstdint>
#include <map>
#include <string>

namespace holdfast::observer {

/// What a broker counts of one queue.
struct QueueNumbers {
  std::uint64_t waiting = 0;        ///< messages that no consumer has
  std::uint64_t unacknowledged = 0; ///< messages that a consumer has
  std::uint64_t acknowledged = 0;   ///< since the queue exists; fewer than before: it is a new one
};

/// For how long messages have waited, by the looks that there were.
struct Standstill {
  Duration unacknowledged{}; ///< and none was acknowledged
  Duration idle{};           ///< and besides no consumer had one
};

/// Remembers what a queue was like at the last looks. It knows nothing of what was before its own first look.
class QueueProgress {
public:
  /// Zero where no message waits, or one was acknowledged since the last look.
  [[nodiscard]] Standstill look(const std::string& queue, const QueueNumbers& numbers, MonoTime now);
  /// The next look is the first.
  void forget(const std::string& queue) { waiting_.erase(queue); }

private:
  struct Stand {
    std::uint64_t acknowledged = 0;
    MonoTime since{};
    MonoTime idle_since{};
    bool is_idle = false;
  };
  std::map<std::string, Stand> waiting_; ///< those in which messages wait
};

} // namespace holdfast::observer
