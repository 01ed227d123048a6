#pragma once

#include <algorithm>
#include <vector>

namespace holdfast::bench {

/// The middle one of what was measured each time; the higher of two. `all` is not empty.
template <typename Measured>
[[nodiscard]] double median(const std::vector<Measured>& all, double Measured::*what) {
  std::vector<double> values;
  for (const Measured& one : all)
    values.push_back(one.*what);
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

} // namespace holdfast::bench
