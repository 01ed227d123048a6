#include "client/colours.h"

#include <algorithm>

namespace holdfast::client {

Colour colour_of(std::string_view phase_or_verdict) {
  constexpr std::string_view good[] = {"ready", "done", "working"};
  constexpr std::string_view bad[] = {"failed", "unready", "broken"};
  constexpr std::string_view idle[] = {"down", "stopped"};
  const auto is_in = [&](const auto& words) {
    return std::find(std::begin(words), std::end(words), phase_or_verdict) != std::end(words);
  };
  if (is_in(good)) return Colour::green;
  if (is_in(bad)) return Colour::red;
  return is_in(idle) ? Colour::dim : Colour::yellow;
}

} // namespace holdfast::client
