#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

/// `did you mean "memory"?` where one of `known` is near enough to `word` to be a slip of the fingers; else
/// empty.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

} // namespace holdfast::config
