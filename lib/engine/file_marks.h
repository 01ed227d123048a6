#pragma once

#include "base/file_state.h"

#include <cstdint>
#include <string>

namespace holdfast::engine {

/// What tells one state of a file from another. Touches the path: not for the loop, where it may be on a disk
/// that does not answer.
class FileMark {
public:
  [[nodiscard]] static FileMark of(const std::string& path);

  /// Whether the file is another than when the mark was made: there or not, or with other contents. One that
  /// was written again with the same contents has not changed. Of more than 16 MiB the time of the last
  /// change decides.
  [[nodiscard]] bool has_changed(const std::string& path) const;

private:
  FileState state_;
  std::uint64_t contents_ = 0; ///< a hash
};

} // namespace holdfast::engine
