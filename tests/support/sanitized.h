#pragma once

namespace holdfast::test {

/// Rounds of a search whose every round is as good as another: a quarter of them under the sanitizers, where
/// each takes ten times as long.
constexpr int rounds(int count) {
#ifdef __SANITIZE_ADDRESS__
  return (count + 3) / 4;
#else
  return count;
#endif
}

} // namespace holdfast::test
