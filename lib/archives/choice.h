#pragma once
// Which of the files that were put aside are to go. Pure.

#include "base/time.h"
#include "wire/archives.h"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::archives {

struct Archive {
  std::string name; ///< of the file
  std::string service;
  /// By its name, not by the file's own time, which a copy or a restored backup changes. Wall clock: it must
  /// be good over reboots.
  WallTime put_aside{};
  std::uint64_t bytes = 0;
};

struct Removal {
  Archive archive;
  wire::RemovalReason reason = wire::RemovalReason::too_old;
};

/// Whatever is older than `keep.age`; of each service the oldest beyond `keep.files`; and of all services
/// together the oldest, until what is left has `keep.total` bytes at most, and until what goes has
/// `missing_bytes` at least, which the disk has too few. Each of the four applies by itself. The oldest come
/// first; of two from the same moment the one whose name sorts first.
[[nodiscard]] std::vector<Removal> choose_removals(std::vector<Archive> archives,
                                                   const wire::KeepLimits& keep, WallTime now,
                                                   std::uint64_t missing_bytes = 0);

} // namespace holdfast::archives
