#pragma once

#include "client/log_reader.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::client {

struct MergedLine {
  std::size_t log = 0; ///< which of the logs
  LineView line;
};

/// Merges the lines of several logs by their times, with one line of each in memory. A line without a time
/// stays behind the line before it; lines of the same time, and those of one log, stay in their order, also
/// where the clock was set back.
class LogMerge {
public:
  /// `logs` is borrowed, and begun. `to_the_end`: nothing is waited for, so what stands behind the last
  /// newline is a line too.
  LogMerge(std::vector<LogReader>& logs, bool to_the_end);

  /// The next line, valid until the next call; nothing: there is none now. A log that has none is asked again
  /// when no other has one either.
  [[nodiscard]] std::optional<MergedLine> next();

private:
  struct Head {
    LineView line;
    std::string time; ///< the latest so far
  };
  void fetch_all();
  [[nodiscard]] bool fetch(std::size_t log);
  [[nodiscard]] bool comes_after(std::size_t a, std::size_t b) const;

  std::vector<LogReader>& logs_;
  bool to_the_end_;
  std::vector<Head> heads_;
  std::vector<std::size_t> ready_; ///< a heap of those that have a line, the earliest in front
  std::vector<std::size_t> taken_; ///< those whose line was taken
  std::vector<std::size_t> idle_;  ///< those that had none
};

} // namespace holdfast::client
