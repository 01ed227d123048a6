#pragma once

#include "client/terminal.h"

#include <string_view>

namespace holdfast::client {

/// Of a phase, or of a verdict.
[[nodiscard]] Colour colour_of(std::string_view phase_or_verdict);

} // namespace holdfast::client
