#pragma once
// What of the log capture outlives the process that does it: a memory and a pipe, which somebody else holds
// (the anchor) and each new process is given again. The protocol that they are for is told in log_ledger.h.
//
// The memory says for each service how its next line begins, and for the turn that is under way what is to be
// undone or ended if nobody comes back from it. Each part has a checksum, the whole a version.

#include "base/fd.h"
#include "base/result.h"
#include "linux/log_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace holdfast::linux_os {

/// To be held by whoever outlives the capture, and handed to each.
struct LogHold {
  Fd memory;        ///< a memfd
  Fd receipt_read;  ///< of the pipe into which goes what was taken out of the services' pipes
  Fd receipt_write; ///< its other end; as large as those pipes

  [[nodiscard]] static Result<LogHold> make();
};

/// A pipe of a run, known again by the next process: the kernel's number for it, and what its holder calls
/// it, since the kernel uses its numbers again after a while.
struct LogPipeId {
  std::uint64_t id = 0;
  std::uint64_t inode = 0; ///< 0: none

  bool operator==(const LogPipeId&) const = default;
};

/// Bytes at the front of a pipe that are in the file already.
struct LogOwed {
  LogPipeId source{};
  std::uint64_t bytes = 0;

  bool operator==(const LogOwed&) const = default;
};

/// Dropped lines of which the file does not tell yet. Nanoseconds of the wall clock.
struct LogUntold {
  std::uint64_t lines = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int32_t code = 0;        ///< an errno value
  std::uint32_t timestamps = 0; ///< 1: the line that tells of them is stamped

  bool operator==(const LogUntold&) const = default;
};

/// What decides how a service's log goes on. All zero: nothing is to be remembered.
struct LogState {
  LogPipeId open_line{}; ///< whose line the file ends in; none: nobody will end it
  LogOwed owed{};
  LogUntold untold{};
  std::uint64_t dropped = 0; ///< lines, told or not

  bool operator==(const LogState&) const = default;
};

/// One turn, written down before it is made.
struct LogIntent {
  LogPipeId source{};     ///< none: nothing is taken
  std::uint64_t used = 0; ///< bytes to be taken out of the source when the text is in the file
  LogPlace place{};       ///< where the file ends before; none: nothing is written
  std::uint64_t row = 0;  ///< the service
  LogState next{};        ///< what holds afterwards
};

class LogMemory {
public:
  /// How far the turn of the intent is.
  enum class Phase : std::uint32_t {
    idle,    ///< no turn is under way
    writing, ///< the text is perhaps in the file, or a part of it; nothing is taken
    written, ///< the text is in the file, and the source's bytes are in the receipt or will be
    moving,  ///< the kernel moves bytes to the file's end by itself
  };

  /// Whether this build goes on with it: nothing is changed, and what a process does there meanwhile does no
  /// harm. An error says what it is instead.
  [[nodiscard]] static Status is_known(int fd);

  /// Maps what LogHold::make() made; `fd` is borrowed. A memory that cannot be believed (of another version,
  /// damaged) is begun anew, and refusal() says why.
  [[nodiscard]] static Result<LogMemory> map(int fd);
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  /// The row of a service; a new one where it has none. Only this may be called while another thread uses
  /// other rows. Refused: names that are empty or longer than 63 bytes, and more than 4096 of them.
  [[nodiscard]] Result<std::size_t> row_of(const std::string& service);
  [[nodiscard]] std::string service(std::size_t row) const;
  [[nodiscard]] const LogState& state(std::size_t row) const;
  /// Not made in one instant: only while an intent says the same.
  void put(std::size_t row, const LogState& state);

  [[nodiscard]] Phase phase() const;
  [[nodiscard]] const LogIntent& intent() const;
  /// Precondition: idle.
  void arm(Phase phase, const LogIntent& intent);
  /// In one instant: what was stored before is in the memory before it, what follows after it.
  void set(Phase phase);

private:
  struct Layout;
  struct Unmap {
    void operator()(Layout* layout) const;
  };

  explicit LogMemory(Layout* layout) : layout_(layout) {}
  [[nodiscard]] static bool is_size_known(std::size_t size);
  [[nodiscard]] std::string flaw() const;
  [[nodiscard]] bool may_be_torn(std::size_t row) const;
  [[nodiscard]] Status begin_anew(int fd);
  void begin_row(std::size_t at, const std::string& service);
  void forget_what_says_nothing();

  std::unique_ptr<Layout, Unmap> layout_;
  std::string refusal_;
};

} // namespace holdfast::linux_os
