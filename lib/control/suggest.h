#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::control {

/// The name that `word` was probably meant to be: at most two edits away, or one in a short word. Empty: none
/// is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& names);

} // namespace holdfast::control
