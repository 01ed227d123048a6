#pragma once
// How each byte of a service comes to be in its log once, though we are killed at any instruction.
//
// A turn is written down (LogIntent), made and ended:
//   1. The intent tells the file, its end, how many bytes of the pipe go into it, and what holds afterwards.
//   2. The text is appended. The bytes are still in the service's pipe: they were only looked at.
//   3. They are taken out by splice into the receipt pipe, in one call, which is made whole or not at all.
//   4. What holds afterwards is put in force, the intent cleared, the receipt emptied.
// Whoever comes after one who was killed finds out how far it came: with an empty receipt nothing was taken,
// so the file is cut back to its old end and the turn made anew; else the text is whole, and the turn is
// ended. Where nothing is put between the bytes (services without timestamps) the kernel moves them from pipe
// to file, again whole or not at all; the intent then only tells whose line is open if something was moved.

#include "base/fd.h"
#include "base/result.h"
#include "linux/log_memory.h"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::linux_os {

class LogLedger {
public:
  /// Takes over what is held, and ends or undoes the turn that a predecessor left, in files below
  /// `directory_fd`.
  [[nodiscard]] static Result<LogLedger> open(LogHold hold, int directory_fd);

  /// What could not be believed or not be done of what was found, a line each.
  [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

  /// Where it is remembered how a service's log goes on. May be called while another thread makes a turn.
  [[nodiscard]] Result<std::size_t> row_of(const std::string& service) { return memory_.row_of(service); }
  [[nodiscard]] const LogState& state(std::size_t row) const { return memory_.state(row); }

  /// The text of the intent is going to be appended, at `place`. No turn is under way.
  void begin(const LogIntent& intent) { memory_.arm(LogMemory::Phase::writing, intent); }
  /// It could not be, and the file is as it was.
  void abandon() { memory_.set(LogMemory::Phase::idle); }
  /// It was: `used` bytes are taken out of `pipe`. What of them could not be taken is owed.
  void finish(int pipe);

  /// The kernel is going to move bytes to `place`; `next` says that they leave a line open.
  void begin_moving(const LogIntent& intent) { memory_.arm(LogMemory::Phase::moving, intent); }
  /// It moved some, or none; the file ends in a line that is open, or in a newline.
  void finish_moving(bool moved, bool line_is_open);

  /// The most that may be looked at for one turn, as the size of a pipe: what fits the receipt.
  [[nodiscard]] int receipt_size() const;

private:
  LogLedger(LogHold hold, LogMemory memory, Fd null)
      : hold_(std::move(hold)), memory_(std::move(memory)), null_(std::move(null)) {}

  void recover(int directory_fd, std::uint64_t taken);
  void recover_moving(int directory_fd);
  void undo(int directory_fd);
  void settle(std::uint64_t taken);
  [[nodiscard]] std::uint64_t take(int pipe, std::uint64_t bytes) const;
  void empty_receipt(std::uint64_t bytes) const;

  LogHold hold_;
  LogMemory memory_;
  Fd null_;
  std::vector<std::string> complaints_;
};

} // namespace holdfast::linux_os
