#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>

namespace holdfast {

/// Reads a regular file whole. Refused: what is not a regular file, and more than `most` bytes. Errors name
/// the path.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most);

/// Reads what an open descriptor has left, at most `most` bytes; more is an error. For files of /proc and
/// cgroups, whose size is not known before.
[[nodiscard]] Result<std::string> read_all(int fd, std::size_t most);

/// Whether what was written must have reached the disk: for what is asked for after a crash of the machine,
/// at the price of waiting for it.
enum class Durability { synced, relaxed };

/// Puts `bytes` into `path` so that a reader sees the old contents or the new and never a mixture: temporary
/// file in the same directory, fsync unless relaxed, rename.
[[nodiscard]] Status replace_file(const std::string& path, std::string_view bytes, unsigned mode,
                                  Durability durability = Durability::synced);

/// mkdir -p for directories of our own: each missing part is made with `mode`; one that is there is left as
/// it is.
[[nodiscard]] Status make_directories(const std::string& path, unsigned mode);

} // namespace holdfast
