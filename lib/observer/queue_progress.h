#pragma once

#include "base/time.h"

#include <cstdint>
#include <map>
#include <string>

namespace holdfast::observer {

/// Remembers what a queue was like at the last looks: one whose messages wait while none is acknowledged does
/// not move. It knows nothing of what was before its own first look.
class QueueProgress {
public:
  /// For how long messages have waited and none was acknowledged; zero where none waits, or it moved since
  /// the last look. `acknowledged` is the queue's count since it exists; a smaller one than before is a new
  /// queue's.
  [[nodiscard]] Duration look(const std::string& queue, std::uint64_t waiting, std::uint64_t acknowledged,
                              MonoTime now);

private:
  struct Stand {
    std::uint64_t acknowledged = 0;
    MonoTime since{};
  };
  std::map<std::string, Stand> waiting_; ///< those in which messages wait
};

} // namespace holdfast::observer
