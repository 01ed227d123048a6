#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::observer {

/// What a peer said, for one line of words: `most` bytes of its beginning, runs of white space and control
/// characters as one blank, "…" where it was cut. Never cuts a character of UTF-8.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t most = 80);

/// "16 KiB", "1 MiB" and the like are base/size.h's; this is "1 worker", "2 workers".
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

} // namespace holdfast::observer
