#pragma once
// One service's log file: append, rotate by size at a line's end. The directory belongs to root (root:adm
// 0750), so nobody can put a link in our way; still every open is O_NOFOLLOW below a held directory
// descriptor.

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// Makes (0750, root:adm where that group exists) and opens the log directory.
[[nodiscard]] Result<Fd> open_log_directory(const std::string& path);

class LogFile {
public:
  /// Opens or makes NAME.log below `directory_fd` (borrowed; must outlive this), 0640, group adm. A file
  /// whose last byte is not a newline (we died in the middle of a line) is continued on a new line.
  [[nodiscard]] static Result<LogFile> open(int directory_fd, std::string name, std::uint64_t rotate_size);

  /// Appends whole; on a short or failed write the file is cut back to where it was, so that no half line
  /// stays, and the error is returned.
  [[nodiscard]] Status append(std::string_view bytes);

  /// Whether the next line belongs into a new file: the size is reached and the file ends with a newline, or
  /// it is 1 MiB past the size without one.
  [[nodiscard]] bool wants_rotation() const;

  /// Renames NAME.log to NAME.log-20261124T065330.123456Z (never replacing a file: the next microsecond is
  /// tried) and opens a new one. On an error the old file goes on being written.
  [[nodiscard]] Status rotate(WallTime now);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool at_line_start() const { return at_line_start_; }

private:
  LogFile() = default;
  int directory_fd_ = -1;
  std::string name_;
  Fd fd_;
  std::uint64_t rotate_size_ = 0;
  std::uint64_t size_ = 0;
  bool at_line_start_ = true;
};

} // namespace holdfast::linux_os
