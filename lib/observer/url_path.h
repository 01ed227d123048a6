#pragma once

#include "base/url.h"

#include <string>
#include <string_view>

namespace holdfast::observer {

/// The URL's path with another behind it, which begins with a slash: for a base that an operator may give
/// with or without one at its end.
[[nodiscard]] std::string below(const Url& base, std::string_view path);

/// For one segment of a path or one value of a query: all but letters, digits and -._~ as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

} // namespace holdfast::observer
