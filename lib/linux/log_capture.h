#pragma once
// The thread that moves what services write from their pipes into their files, puts these aside when they are
// full or their period is over, and does nothing else.
//
// Each byte comes into a file once, or is counted as dropped, though the process is killed at any instruction
// and followed by another: what a turn is about to do is written down in memory that outlives it, and bytes
// stay in the service's pipe until they are in the file. log_ledger.h tells how. What the next capture needs
// is handed to it: the hold, and each service's pipe with the id that it had before.
//
// Lines with timestamps are peeked at (tee into a scratch pipe, read that), stamped, appended, and taken out
// of the pipe. Without timestamps the kernel moves them from pipe to file; only where something must be put
// between, or a line's end be found to rotate at, they are looked at too.
//
// What is lost all the same: what the file system loses with the machine, and, on a disk without room, what
// is told as dropped. What could be written of a line that is then dropped stays. Where it is not to be
// dropped (LogWhenFull::block) it stays in its pipe and is tried again each second, and the pipe is not
// listened to meanwhile; at the end only what runs that are over have left is dropped, the rest is for the
// next capture.

#include "base/fd.h"
#include "base/result.h"
#include "linux/log_file.h"
#include "linux/log_memory.h"
#include "linux/log_rules.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::linux_os {

/// A pipe for one run's stdout and stderr: 1 MiB where the kernel lets us, both ends close-on-exec, read end
/// non-blocking.
struct LogPipe {
  Fd read;
  Fd write;
  [[nodiscard]] static Result<LogPipe> make();
};

/// Where a pipe's lines go.
struct LogSource {
  std::string service;
  bool timestamps = true;
  /// Of the pipe: no other that is captured has it, and the next capture is told the same one.
  std::uint64_t id = 0;
};

class LogCapture {
public:
  struct Options {
    int directory_fd = -1; ///< borrowed; outlives the capture
    LogRules rules;
    /// Called from the capture thread with one line for our own log, at most once a minute and service
    /// ("postgresql.log: No space left on device; 512 lines dropped").
    std::function<void(std::string)> trouble;
    /// Where it was another's before, what that one left half done is undone or ended in the constructor.
    LogHold hold;
    /// Called from the capture thread with the id of each pipe that was moved to its end, or as far as
    /// finish() says, and is closed here: whoever else holds it may let it go. May be empty.
    std::function<void(std::uint64_t id)> closed;
    /// Called from the capture thread when a file was put aside. May be empty.
    std::function<void()> rotated{};
    /// Called from the capture thread when a line found no room on the disk, each 10 s and service at most.
    /// May be empty.
    std::function<void()> full{};
    /// Of the stack, for the journal.
    std::string stack{};
    std::string journal = "/run/systemd/journal/socket";
  };

  /// What keeps it from working is told by add().
  explicit LogCapture(Options options);
  /// Drains what is in the pipes as far as it can be written (bounded: 1 s), then ends the thread.
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  /// One pipe that was taken over; never used again.
  using PipeNumber = std::uint64_t;

  /// Takes a pipe's read end over. Several pipes may write into one service's file (the run that ends and the
  /// one that begins). The pipe is closed at its end of file.
  [[nodiscard]] Result<PipeNumber> add(const LogSource& source, Fd read_end);

  /// The run is over and nobody should be writing: what is in its pipe now is moved, then it is closed even
  /// where a process that escaped the cgroup holds the other end. One that is closed already is passed over.
  void finish(PipeNumber pipe);

  /// From now on, for all files; and each is looked for by its name again: one that somebody renamed is left
  /// to him.
  void reopen(const LogRules& rules);

  /// Lines (or parts of lines without an end) that could not be written, with this hold.
  [[nodiscard]] std::uint64_t dropped(const std::string& service) const;

private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

} // namespace holdfast::linux_os
