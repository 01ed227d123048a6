#pragma once

#include "config/report.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::config {

/// A command in one string, split as systemd.service(5) splits it: at spaces, tabs and line ends; double or
/// single quotes keep them, C escapes of systemd.syntax(7) mean a character in and outside of quotes. No
/// shell, no expansion. Stricter than systemd in one thing: an escape that is unknown is an error, not kept
/// as it is.
[[nodiscard]] std::variant<std::vector<std::string>, Flaw> split_words(std::string_view text);

} // namespace holdfast::config
