#pragma once

#include <string_view>
#include <vector>

namespace holdfast {

/// The word that `word` was probably meant to be: a slip of the fingers away (letters put in, left out,
/// replaced, or swapped with their neighbour), at most one in three. Empty: none of `known` is near.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

} // namespace holdfast
