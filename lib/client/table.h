#pragma once

#include "client/terminal.h"

#include <string>
#include <vector>

namespace holdfast::client {

struct Cell {
  std::string text;
  Colour colour = Colour::none;
};

/// Rows with columns of one width each, two spaces apart; the last column is as wide as its text. `width`,
/// where it is not 0, is where a line ends: the last column is cut there. No newlines in the result.
[[nodiscard]] std::vector<std::string> lay_out(const std::vector<std::vector<Cell>>& rows,
                                               const Terminal& terminal, std::size_t width);

} // namespace holdfast::client
