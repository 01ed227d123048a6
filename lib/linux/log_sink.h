#pragma once
// Where the lines of one service go: its file, or, where that cannot be written, a count that is told in the
// file as soon as it can; unless they are to wait for it. Belongs to the capture thread; only dropped() is
// for others.

#include "linux/journal_forward.h"
#include "linux/log_file.h"
#include "linux/log_ledger.h"
#include "linux/log_rules.h"
#include "linux/log_stamp.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// The turn of one pipe.
struct LogTurn {
  LogPipeId source; ///< whose line is not ended yet
  int pipe = -1;
  bool timestamps = true;
  /// The run is over and so are we: nobody will come for what is left to wait.
  bool is_last = false;
  WallTime wall{};
  MonoTime mono{};
};

class LogSink {
public:
  using Trouble = std::function<void(std::string)>;

  struct Parts {
    int directory_fd;
    LogLedger& ledger;
    const Trouble& trouble;
    const std::function<void()>& rotated; ///< a file was put aside; may be empty
    const std::function<void()>& full;    ///< a line found no room; may be empty
    JournalForward& journal;              ///< of the thread's, where the rules say so
  };
  /// `parts` are borrowed; `row` is the service's in the ledger. Nothing is opened before something is
  /// written.
  LogSink(Parts parts, std::size_t row, std::string service, const LogRules& rules);

  /// Takes what is in the file already out of the pipe; how many bytes that were.
  std::size_t take_owed(const LogTurn& turn);
  /// Moves at most `most` bytes as they are from the pipe to the file; how many. 0: nothing is there now, or
  /// it must be looked at and written.
  std::size_t move(const LogTurn& turn, std::size_t most);
  /// Writes or drops the front of `raw`, which is in the pipe, in one append, and takes it out of the pipe.
  /// Returns how many bytes of it are done with (at least one); nothing: it cannot be written, and is to
  /// wait.
  std::optional<std::size_t> write(const LogTurn& turn, std::string_view raw);
  /// The pipe is closed: nobody ends the line that it has left open.
  void ended(LogPipeId source, MonoTime now);

  /// Whether lines were dropped of which the file does not tell yet.
  [[nodiscard]] bool has_untold() const { return state().untold.lines > 0; }
  /// Tries to tell.
  void tell(WallTime now);

  /// Puts the file aside where that is due, though nothing is written.
  void rotate_where_due(WallTime wall, MonoTime mono);
  /// From now on; and the file is looked for by its name again.
  void reopen(const LogRules& rules);
  /// Lines, also those that predecessors dropped.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
  [[nodiscard]] const LogState& state() const { return parts_.ledger.state(row_); }
  [[nodiscard]] Status open_file();
  [[nodiscard]] Status make_ready(const LogTurn& turn);
  void rotate_full(WallTime wall, MonoTime mono);
  [[nodiscard]] StampRules rules_for(const LogTurn& turn, std::string_view stamp) const;
  void add_summary(WallTime now, std::string& text) const;
  std::optional<std::size_t> refuse(const LogTurn& turn, std::string_view raw, const Error& error);
  std::size_t drop(const LogTurn& turn, std::string_view raw, const Error& error);
  void ask_for_room(MonoTime now, const Error& error);
  void complain(MonoTime now, std::string what);

  const Parts parts_;
  const std::size_t row_;
  const std::string service_;
  LogRules rules_;

  std::optional<LogFile> file_;
  std::optional<MonoTime> rotate_again_; ///< a rotation failed and is not tried before
  std::string text_;                     ///< kept for its memory
  std::atomic<std::uint64_t> dropped_;
  std::optional<MonoTime> complained_;
  std::optional<MonoTime> asked_for_room_;
};

} // namespace holdfast::linux_os
