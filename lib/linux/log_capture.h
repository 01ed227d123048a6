#pragma once
// The thread that moves what services write from their pipes into their files, and does nothing else.
//
// A turn for one pipe is: peek (tee into a scratch pipe, read that), put the time in front of each line,
// append, consume (splice exactly what was written out of the service's pipe). Bytes stay in the pipe until
// they are in the file: so an intent recorded before the append and a receipt for the consumed bytes make the
// turn exact even if we are killed in the middle of it, without another structure.

#include "base/fd.h"
#include "base/result.h"

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

class LogCapture {
public:
  /// `directory_fd` is borrowed and outlives this. `trouble` is called from the capture thread with one line
  /// for our own log, at most once a minute and service ("postgresql.log: No space left on device; 512 lines
  /// dropped").
  LogCapture(int directory_fd, std::uint64_t rotate_size, std::function<void(std::string)> trouble);
  /// Drains what is in the pipes (bounded: 1 s), then ends the thread.
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  /// One pipe that was taken over; never used again.
  using PipeNumber = std::uint64_t;

  /// Takes a pipe's read end over. Several pipes may write into one service's file (the run that ends and the
  /// one that begins). The pipe is closed at its end of file.
  [[nodiscard]] Result<PipeNumber> add(const std::string& service, bool timestamps, Fd read_end);

  /// The run is over and nobody should be writing: what is in its pipe now is moved, then it is closed even
  /// where a process that escaped the cgroup holds the other end. One that is closed already is passed over.
  void finish(PipeNumber pipe);

  /// Another size from now on, for all files.
  void rotate_at(std::uint64_t size);

  /// Lines (or parts of lines without an end) that could not be written, since the start.
  [[nodiscard]] std::uint64_t dropped(const std::string& service) const;

private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

} // namespace holdfast::linux_os
