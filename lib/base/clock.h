#pragma once
// The one place that reads the clocks.

#include "base/time.h"

namespace holdfast {

[[nodiscard]] MonoTime read_mono();
[[nodiscard]] WallTime read_wall();

} // namespace holdfast
