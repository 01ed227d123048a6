#pragma once
// Where the lines of one service go: its file, or, where that cannot be written, a count that is told in the
// file as soon as it can. Belongs to the capture thread; only dropped() and rotate_at() are for others.

#include "linux/log_file.h"
#include "linux/log_stamp.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

/// What one turn found in one pipe.
struct LogChunk {
  std::uint64_t source = 0; ///< the pipe's number, never 0: tells whose line is not ended yet
  std::string_view raw;
  bool timestamps = true;
  WallTime wall{};
  MonoTime mono{};
};

class LogSink {
public:
  using Trouble = std::function<void(std::string)>;

  /// `directory_fd` and `trouble` are borrowed. Nothing is opened before something is written.
  LogSink(int directory_fd, std::string service, std::uint64_t rotate_size, const Trouble& trouble);

  /// Writes or drops the front of the chunk, in one append; returns how many bytes of it are done with (at
  /// least one).
  std::size_t write(const LogChunk& chunk);

  /// Whether lines were dropped of which the file does not tell yet.
  [[nodiscard]] bool has_untold() const { return untold_.lines > 0; }
  /// Tries to tell.
  void tell(WallTime now);

  /// Another size from now on.
  void rotate_at(std::uint64_t size) { rotate_size_.store(size, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
  struct Untold {
    std::uint64_t lines = 0;
    WallTime first{};
    WallTime last{};
    int code = 0;
    bool timestamps = true;
  };

  [[nodiscard]] Status make_ready(const LogChunk& chunk);
  [[nodiscard]] StampRules rules_for(const LogChunk& chunk, std::string_view stamp) const;
  void add_summary(WallTime now, std::string& text) const;
  void drop(const LogChunk& chunk, const Error& error);
  void complain(MonoTime now, std::string what);

  const int directory_fd_;
  const std::string service_;
  std::atomic<std::uint64_t> rotate_size_;
  const Trouble& trouble_;

  std::optional<LogFile> file_;
  std::optional<MonoTime> rotate_again_; ///< a rotation failed and is not tried before
  std::uint64_t open_line_ = 0;          ///< the source whose line the file ends in; 0: nobody's
  std::string text_;                     ///< kept for its memory
  Untold untold_;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::optional<MonoTime> complained_;
};

} // namespace holdfast::linux_os
