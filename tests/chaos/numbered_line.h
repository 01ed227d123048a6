#pragma once
// The numbered lines that the services of these tests write. Service, run and number tell each byte of a
// line, so that a reader knows what must stand where, and whose piece a piece is.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::test {

constexpr std::size_t longest_line = 200'000;

/// splitmix64: as good as chance, and the same each time.
[[nodiscard]] constexpr std::uint64_t scattered(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Bytes of filler: mostly some hundred, at times more than a pipe takes at once.
[[nodiscard]] constexpr std::size_t filler_size(std::uint64_t number) {
  const std::uint64_t chance = scattered(number);
  const std::uint64_t size = chance >> 16U;
  if (chance % 1000 == 0) return 20'000 + size % 100'000;
  if (chance % 1000 < 10) return 1'000 + size % 4'000;
  return size % 300;
}

inline void append_number(std::string& text, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

/// Appends "SERVICE RUN NUMBER filler" without a newline. Numbers count from 1 in each run.
inline void append_line(std::string& text, std::string_view service, std::uint64_t run,
                        std::uint64_t number) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static const std::string filler = [&] {
    std::string all;
    while (all.size() < longest_line)
      all += alphabet;
    return all;
  }();
  text += service;
  text += ' ';
  append_number(text, run);
  text += ' ';
  append_number(text, number);
  text += ' ';
  text.append(filler, number % alphabet.size(), filler_size(number));
}

} // namespace holdfast::test
