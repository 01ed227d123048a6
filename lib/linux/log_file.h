#pragma once
// One service's log file: append, rotate by size and by time at a line's end. The directory belongs to root
// (root:adm 0750), so nobody can put a link in our way; still every open is O_NOFOLLOW below a held directory
// descriptor.

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"
#include "linux/log_period.h"
#include "linux/log_rules.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// Makes (0750, root:adm where that group exists) and opens the log directory. One that is there must be
/// root's or ours and not writable by others; its mode and group stay as they are, and its files get its
/// group.
[[nodiscard]] Result<Fd> open_log_directory(const std::string& path);

/// Which file, and where it ends. Part of the layout of LogMemory.
struct LogPlace {
  std::uint64_t device = 0;
  std::uint64_t inode = 0; ///< 0: no file
  std::uint64_t size = 0;
};

/// What a file that ends in the middle of a line is to be taken for.
enum class LastLine {
  torn,   ///< whoever wrote it is gone: what follows begins on a new line
  goes_on ///< its end is still to come
};

class LogFile {
public:
  /// Opens or makes NAME.log below `directory_fd` (borrowed; must outlive this), 0640, the directory's group.
  /// What is there and is not a plain file of ours with one name is refused.
  [[nodiscard]] static Result<LogFile> open(int directory_fd, const std::string& name,
                                            const LogRotation& rotation, LastLine last_line);

  /// Looks where the file ends now, since somebody may have emptied it. One that was removed is made anew. To
  /// be called before each append() and take().
  [[nodiscard]] Status find_end();
  /// As found.
  [[nodiscard]] const LogPlace& place() const { return place_; }

  /// Appends whole; on a short or failed write the file is cut back to where it was, so that no half line
  /// stays, and the error is returned.
  [[nodiscard]] Status append(std::string_view bytes);

  /// Moves at most `most` bytes from `pipe` to the file's end, whole lines or not. Returns how many. 0: the
  /// pipe has none now, or will have none, or the file cannot be written. Precondition: takes_raw().
  [[nodiscard]] std::uint64_t take(int pipe, std::uint64_t most);
  /// Whether nothing is to be put in front of what comes next but what its line's owner writes.
  [[nodiscard]] bool takes_raw() const { return !ends_torn_; }

  /// Whether the period that the file's lines are of is over. Of a file that was there before, the last line
  /// says which that is. Where the clock was set back to before it, the file's period is that of now: nothing
  /// is put aside for it.
  void look_at_clock(WallTime now);

  /// Whether the next line belongs into a new file: the size is reached, or the period over, and the file
  /// ends with a newline, or it is 1 MiB past the size without one.
  [[nodiscard]] bool wants_rotation() const;

  /// Bytes until the file is full (none where its period is over), and until it is passed the size by so much
  /// that a line is cut.
  [[nodiscard]] std::uint64_t room() const;
  [[nodiscard]] std::uint64_t room_without_newline() const;

  /// Syncs the file, renames NAME.log to NAME.log-20261124T065330.123456Z (never replacing a file: the next
  /// microsecond is tried; and never before what was put aside already, though the clock were set back:
  /// names sort) and opens a new one. On an error the old file goes on being written (but for an
  /// error in syncing the directory, which comes when the new one is in place).
  [[nodiscard]] Status rotate(WallTime now);

  [[nodiscard]] std::uint64_t size() const { return place_.size; }
  [[nodiscard]] bool at_line_start() const { return at_line_start_; }

private:
  LogFile() = default;
  [[nodiscard]] Status open_again(LastLine last_line);
  void grown_by(std::uint64_t bytes, bool ends_line);
  [[nodiscard]] Status sync_and_swap(WallTime now);
  [[nodiscard]] Result<std::string> rename_away(WallTime now);

  int directory_fd_ = -1;
  std::string service_;
  std::string name_; ///< of its file
  Fd fd_;
  LogRotation rotation_;
  LogPlace place_;
  bool at_line_start_ = true;
  bool ends_torn_ = false; ///< ends in the middle of a line that nobody will end
  std::optional<LogPeriod> period_;
  bool is_over_ = false;              ///< the period
  std::optional<WallTime> put_aside_; ///< what the newest file that was put aside is named by
};

/// For who comes after one who was killed while it appended to NAME.log: cuts off what is behind the place. A
/// file that is another one by now, or shorter, is left alone.
[[nodiscard]] Status cut_back(int directory_fd, const std::string& name, const LogPlace& place);

enum class LogEnd {
  unchanged, ///< nothing is behind the place, or the file is another one by now
  newline,
  open_line
};
/// What has come behind the place since, and ends the file.
[[nodiscard]] Result<LogEnd> end_since(int directory_fd, const std::string& name, const LogPlace& place);

} // namespace holdfast::linux_os
