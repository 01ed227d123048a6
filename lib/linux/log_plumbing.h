#pragma once

#include "base/fd.h"
#include "base/result.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// Looks at what is in a pipe without taking it (tee into a scratch pipe).
class LogPlumbing {
public:
  /// Never looks at more than a pipe of `pipe_size` bytes would hold. A pipe is counted in pieces, however
  /// small: those of a look always fit into such a pipe.
  [[nodiscard]] static Result<LogPlumbing> make(int pipe_size);

  /// What `pipe` holds, at most `most` bytes and most_bytes_a_peek, which stay in it. Empty: nothing is there
  /// now; nothing: end of file. Valid until the next call.
  [[nodiscard]] std::optional<std::string_view> peek(int pipe, std::size_t most);

  static constexpr std::size_t most_bytes_a_peek = 128U << 10U;

private:
  LogPlumbing() : buffer_(most_bytes_a_peek) {}
  Fd scratch_read_;
  Fd scratch_write_;
  std::vector<char> buffer_;
};

/// What is in a pipe now.
[[nodiscard]] std::size_t bytes_waiting_in(int pipe);

} // namespace holdfast::linux_os
