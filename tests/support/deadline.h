#pragma once

#include <chrono>
#include <poll.h>

namespace holdfast::test {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

/// The end of a wait. A test waits for an event until a deadline; it never sleeps for a guessed time.
class Deadline {
public:
  explicit Deadline(Milliseconds within) : end_(std::chrono::steady_clock::now() + within) {}

  /// What is left, never less than zero: a timeout for poll(2).
  [[nodiscard]] Milliseconds left() const {
    const auto rest = std::chrono::ceil<Milliseconds>(end_ - std::chrono::steady_clock::now());
    return rest > 0ms ? rest : 0ms;
  }
  [[nodiscard]] bool passed() const { return left() == 0ms; }

private:
  std::chrono::steady_clock::time_point end_;
};

/// For facts that no descriptor tells of, such as processes that are not our children: looks again and again,
/// a little later each time. False when it has not come true in time.
template <typename Predicate>
[[nodiscard]] bool comes_true(Milliseconds within, Predicate predicate) {
  const Deadline deadline(within);
  while (!predicate()) {
    if (deadline.passed()) return false;
    ::poll(nullptr, 0, 10);
  }
  return true;
}

} // namespace holdfast::test
