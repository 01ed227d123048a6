#pragma once

#include "base/time.h"
#include "client/terminal.h"
#include "wire/status_view.h"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::client {

/// `status` for people: the verdict, a row for each service and for each volume that is not right, and the
/// last lines of those that failed. `width`, where it is not 0, is where a line ends. No newlines in the
/// result; nothing in it is obeyed by a terminal but our colours.
[[nodiscard]] std::vector<std::string> status_lines(const wire::StatusView& view, WallTime now,
                                                    const Terminal& terminal, std::size_t width);

} // namespace holdfast::client
