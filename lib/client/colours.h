#pragma once

#include "client/terminal.h"

#include <string_view>

namespace holdfast::client {

/// Of a phase, of a verdict, or of a volume's state.
[[nodiscard]] Colour colour_of(std::string_view word);

} // namespace holdfast::client
