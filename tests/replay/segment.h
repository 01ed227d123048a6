#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::replay {

struct Counts {
  std::uint64_t events = 0;
  std::uint64_t differ = 0;
};

/// The segments of a record's directory, oldest first; a file stands for itself.
[[nodiscard]] Result<std::vector<std::string>> segments_at(const std::string& path);

/// Plays one segment and prints what differs, or each event where `verbose`. Counts go on also where it ends
/// in an error.
[[nodiscard]] Status play(const std::string& file, bool verbose, Counts& counts);

} // namespace holdfast::replay
