#pragma once
// A file of the configuration as it was read, without a byte order mark: its bytes are kept, since every
// diagnostic shows the line it is about.

#include "base/file_state.h"
#include "base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::config {

/// configuration.md, Files.
constexpr std::size_t most_bytes = 256 * 1024;

struct Source {
  std::string path;
  std::string text;
  FileState state{}; ///< before it was read

  /// Line `number` (from 1) without its end; empty where there is none.
  [[nodiscard]] std::string_view line(int number) const;
};
using SourcePtr = std::shared_ptr<const Source>;

/// Where a value stands. Lines and columns count from 1, columns and length in bytes; line 0 is the file as a
/// whole.
struct Place {
  SourcePtr source;
  int line = 0;
  int column = 0;
  int length = 1;
};

/// Reads a file of the configuration. Refused: what is not a regular file, more than `most_bytes`, a file
/// that neither root nor the user we run as owns, and one that its group or others may write. The error does
/// not repeat the path.
[[nodiscard]] Result<SourcePtr> read_source(const std::string& path);

} // namespace holdfast::config
