#pragma once

#include "client/terminal.h"

#include <cstddef>
#include <string_view>

namespace holdfast::client {

/// Of a phase, of a verdict, or of a volume's state.
[[nodiscard]] Colour colour_of(std::string_view word);

/// Tells one of several things that stand beside each other from the next; none means trouble.
[[nodiscard]] Colour colour_of_number(std::size_t number);

} // namespace holdfast::client
