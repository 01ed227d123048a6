#pragma once

#include <cstdint>
#include <string>

struct stat;

namespace holdfast {

/// What tells one state of a file or a directory from another, without its contents. Of a directory: what
/// comes into it or goes.
struct FileState {
  bool is_there = false; ///< without it all else is zero
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::int64_t modified = 0; ///< nanoseconds since 1970
  std::int64_t changed = 0;  ///< likewise, with its mode and owner

  /// Follows symbolic links. What cannot be looked at is not there.
  [[nodiscard]] static FileState at(const std::string& path);
  [[nodiscard]] static FileState of(const struct stat& info);

  bool operator==(const FileState&) const = default;
};

} // namespace holdfast
