#include "client/colours.h"

#include <algorithm>
#include <iterator>

namespace holdfast::client {

Colour colour_of(std::string_view word) {
  constexpr std::string_view good[] = {"ready", "done", "working", "present"};
  constexpr std::string_view bad[] = {"failed",  "unready",   "broken", "missing",
                                      "foreign", "read-only", "stuck",  "full"};
  constexpr std::string_view idle[] = {"down", "stopped"};
  const auto is_in = [&](const auto& words) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
  };
  if (is_in(good)) return Colour::green;
  if (is_in(bad)) return Colour::red;
  return is_in(idle) ? Colour::dim : Colour::yellow;
}

Colour colour_of_number(std::size_t number) {
  constexpr Colour colours[] = {Colour::cyan, Colour::green, Colour::magenta, Colour::yellow, Colour::blue};
  return colours[number % std::size(colours)];
}

} // namespace holdfast::client
