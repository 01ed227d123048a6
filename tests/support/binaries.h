#pragma once

#include <string>

namespace holdfast::test {

/// The directory with the programs of this build: holdfast, holdfast-anchor, holdfast-engine.
[[nodiscard]] inline std::string binaries() {
  return HOLDFAST_BINARIES;
}

} // namespace holdfast::test
