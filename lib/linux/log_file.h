#pragma once
// One service's log file: append, rotate by size at a line's end. The directory belongs to root (root:adm
// 0750), so nobody can put a link in our way; still every open is O_NOFOLLOW below a held directory
// descriptor.

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// Makes (0750, root:adm where that group exists) and opens the log directory. One that is there must be
/// root's or ours and not writable by others; its mode and group stay as they are, and its files get its
/// group.
[[nodiscard]] Result<Fd> open_log_directory(const std::string& path);

class LogFile {
public:
  /// Opens or makes NAME.log below `directory_fd` (borrowed; must outlive this), 0640, the directory's group.
  /// A file whose last byte is not a newline (we died in the middle of a line) is continued on a new line.
  /// What is there and is not a plain file of ours with one name is refused.
  [[nodiscard]] static Result<LogFile> open(int directory_fd, const std::string& name,
                                            std::uint64_t rotate_size);

  /// Appends whole; on a short or failed write the file is cut back to where it was, so that no half line
  /// stays, and the error is returned. A file that somebody removed meanwhile is made anew.
  [[nodiscard]] Status append(std::string_view bytes);

  /// Another size from now on.
  void rotate_at(std::uint64_t size) { rotate_size_ = size; }

  /// Whether the next line belongs into a new file: the size is reached and the file ends with a newline, or
  /// it is 1 MiB past the size without one.
  [[nodiscard]] bool wants_rotation() const;

  /// Bytes until the size is reached, and until it is passed by so much that a line is cut.
  [[nodiscard]] std::uint64_t room() const;
  [[nodiscard]] std::uint64_t room_without_newline() const;

  /// Syncs the file, renames NAME.log to NAME.log-20261124T065330.123456Z (never replacing a file: the next
  /// microsecond is tried) and opens a new one. On an error the old file goes on being written (but for an
  /// error in syncing the directory, which comes when the new one is in place).
  [[nodiscard]] Status rotate(WallTime now);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool at_line_start() const { return at_line_start_; }

private:
  LogFile() = default;
  [[nodiscard]] Status open_again();
  [[nodiscard]] Status sync_and_swap(const std::string& fresh_name, WallTime now);
  [[nodiscard]] Result<std::string> rename_away(WallTime now);

  int directory_fd_ = -1;
  std::string name_;
  Fd fd_;
  std::uint64_t rotate_size_ = 0;
  std::uint64_t size_ = 0;
  bool at_line_start_ = true;
  bool ends_torn_ = false; ///< ends in the middle of a line that nobody will end
};

} // namespace holdfast::linux_os
