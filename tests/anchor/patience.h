#pragma once
// The times of an anchor that is a program of its own, as a test wants them.

#include "anchor/engine_life.h"

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>

namespace holdfast::test {

constexpr const char* patience_variable = "HOLDFAST_TEST_PATIENCE";

inline std::array<Duration*, 6> times_of(anchor::Patience& of) {
  return {&of.pulse, &of.first_pulse, &of.window, &of.pause, &of.trial, &of.take_over};
}

inline std::string to_text(anchor::Patience times) {
  std::ostringstream text;
  for (const Duration* time : times_of(times))
    text << time->count() << ' ';
  return text.str();
}

inline anchor::Patience patience_from_environment() {
  const char* const text = std::getenv(patience_variable);
  std::istringstream numbers(text == nullptr ? "" : text);
  anchor::Patience found;
  Duration::rep number = 0;
  for (Duration* time : times_of(found))
    if (numbers >> number) *time = Duration(number);
  return found;
}

} // namespace holdfast::test
