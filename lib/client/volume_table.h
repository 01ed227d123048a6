#pragma once

#include "client/terminal.h"
#include "wire/status_view.h"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::client {

/// A head and a row for each volume: name, state, path, source, type, space, users, what is wrong. `width`,
/// where it is not 0, is where a line ends. No newlines in the result.
[[nodiscard]] std::vector<std::string> volume_lines(const std::vector<wire::VolumeStatus>& volumes,
                                                    const Terminal& terminal, std::size_t width);

} // namespace holdfast::client
