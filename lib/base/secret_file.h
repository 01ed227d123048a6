#pragma once

#include "base/result.h"

#include <string>

namespace holdfast {

/// A password or token in a file of its own, of root's or ours, that nobody else can write and only its group
/// may read. One line end at its end does not count. Refused, with words that name the file and never what is
/// in it: a link, what is no regular file, more than 4 KiB, what is empty or more than one line of text. Does
/// not wait for whoever writes into a FIFO, but may wait for a disk.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path);

} // namespace holdfast
