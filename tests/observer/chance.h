#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace holdfast::test {

/// What a seed decides, always the same.
class Chance {
public:
  explicit Chance(unsigned seed) : numbers_(seed) {}

  /// Precondition: not 0.
  [[nodiscard]] std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(numbers_);
  }
  [[nodiscard]] char byte() { return static_cast<char>(below(256)); }
  /// One of an array.
  template <typename T, std::size_t N>
  [[nodiscard]] const T& one_of(const T (&all)[N]) {
    return all[below(N)];
  }

private:
  std::mt19937 numbers_;
};

} // namespace holdfast::test
