#pragma once

namespace holdfast::test {

#ifdef __SANITIZE_ADDRESS__
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

/// Rounds of a search whose every round is as good as another: a quarter of them under the sanitizers, where
/// each takes ten times as long.
constexpr int rounds(int count) {
  return is_sanitized ? (count + 3) / 4 : count;
}

} // namespace holdfast::test
