#pragma once

#include <string>

namespace holdfast::observer {

constexpr int canary_width = 7;
constexpr int canary_height = 5;

/// A PNG of that size, in one colour: the smallest thing that a worker has to look into.
[[nodiscard]] std::string canary_image();

} // namespace holdfast::observer
