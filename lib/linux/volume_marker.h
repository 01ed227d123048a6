#pragma once

#include "base/result.h"

#include <string>

namespace holdfast::linux_os {

/// The id in the file `name` of a directory: empty where there is no such file. An error for people: a file
/// that is a link or no plain file, or that holds no id. `directory` may be an O_PATH descriptor.
[[nodiscard]] Result<std::string> read_marker(int directory, const std::string& name);

/// Makes the file with a new id and returns that: `begins`, hexadecimal digits, half of it at the most, and
/// the rest at random. It is there with its id, on the disk, or not at all; one that is there already is an
/// error (EEXIST) and stays.
[[nodiscard]] Result<std::string> make_marker(int directory, const std::string& name,
                                              const std::string& begins);

} // namespace holdfast::linux_os
