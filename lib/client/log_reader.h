#pragma once
// Reads one service's log as it stands in the log directory, from file to file in the order of their age,
// compressed or not, and through the rotations and compressions that happen meanwhile.

#include "base/result.h"
#include "client/line_window.h"
#include "client/log_bytes.h"
#include "client/log_files.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace holdfast::client {

/// Hears what is wrong with one file, each thing once, while the reading goes on with the next.
using LogTrouble = std::function<void(const std::string& what)>;

/// What begin() found.
struct LogBegin {
  std::uint64_t lines = 0; ///< from there on, at that time, where the last ones are asked for
  /// The newest of the files that count, where times are needed and it has none: then nothing is read.
  std::string without_times;
};

class LogReader {
public:
  /// Lines that `filter` (borrowed) does not want are passed over.
  LogReader(std::string directory, std::string service, const LineFilter& filter, LogTrouble trouble);

  [[nodiscard]] const std::string& service() const { return service_; }

  /// Goes to where the last `last` lines of those that are wanted begin, however many files back that is;
  /// none given: to the first. Files that ended before the filter's `since`, or began after its `until`, are
  /// not opened. Where times are needed, a file that has none and what is older is passed over, and that is
  /// trouble. A log that does not exist yet is no error.
  [[nodiscard]] Result<LogBegin> begin(std::optional<std::uint64_t> last);

  /// The next line; nothing: there is no more now. A file that was rotated, or removed, is read to its end
  /// before the next one is begun. What stands behind the last newline of the last file waits for its end.
  [[nodiscard]] std::optional<LineView> next();

  /// What stands there, for when nothing is waited for any more.
  [[nodiscard]] std::optional<LineView> rest();

private:
  struct Candidate;
  struct Candidates;
  [[nodiscard]] Result<Candidates> candidates() const;
  [[nodiscard]] Result<LogBegin> begin_at_end(Candidates found);
  [[nodiscard]] Result<LogBegin> go_back(Candidates found, std::optional<std::uint64_t> last);
  /// False: not further back than this one.
  [[nodiscard]] bool has_times(LogBytes& bytes, bool& newer_has);
  [[nodiscard]] bool begins_after_until(const std::string& rotated_before) const;

  [[nodiscard]] std::string path_of(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] Result<LogBytes> open_current() const;
  [[nodiscard]] Result<LogBytes> open_rotated(const std::string& rotated) const;

  [[nodiscard]] bool go_on();
  [[nodiscard]] bool open_next();
  [[nodiscard]] bool look_ahead();
  [[nodiscard]] bool open_newer_rotated();
  void leave_current();
  [[nodiscard]] bool is_ours(const std::string& rotated) const;
  [[nodiscard]] bool was_cut();
  [[nodiscard]] bool skips();
  void tell(const std::string& what);

  std::string directory_;
  std::string service_;
  const LineFilter* filter_;
  LogTrouble trouble_;
  std::set<std::string> told_;

  LineWindow window_;
  std::optional<LogBytes> bytes_;
  std::string behind_;            ///< what was rotated then or before is behind us, or is being read
  std::deque<std::string> ahead_; ///< files, by when they were rotated, that come next
  std::set<std::string> barren_;  ///< files, by when they were rotated, that hold nothing that is wanted
  std::uint64_t skip_ = 0;        ///< so many lines before the first that is wanted
  std::string head_;              ///< how the current file begins
  bool current_ = false;          ///< what is read was the newest file when it was opened
  bool left_ = false;             ///< and is not any more: nothing is added to it
  bool torn_ = false;             ///< nothing that follows belongs to what is in the window
};

} // namespace holdfast::client
