#pragma once
// What the configuration says of how logs are written.

#include "base/time.h"

#include <cstdint>

namespace holdfast::linux_os {

/// When a file is put aside.
struct LogRotation {
  std::uint64_t size = 0; ///< bytes that it has at least then
  Duration every{}; ///< as log_period() has it: with its first line of a later period; zero: never by time
};

/// What becomes of lines that cannot be written.
enum class LogWhenFull : std::uint8_t {
  drop, ///< they are counted and told; nobody waits
  block ///< they stay in the pipe until they can be, and who writes more than it holds waits
};

struct LogRules {
  LogRotation rotation;
  LogWhenFull when_full = LogWhenFull::drop;
  bool to_journal = false; ///< as well; journal_forward.h
};

} // namespace holdfast::linux_os
