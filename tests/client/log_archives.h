#pragma once

#include <string>

namespace holdfast::test {

/// What a compressed file of that text holds.
[[nodiscard]] std::string in_zstd(const std::string& text);
[[nodiscard]] std::string in_gzip(const std::string& text);

} // namespace holdfast::test
