#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "engine/control_port.h"

#include <cstdint>
#include <string>

namespace holdfast::control {

/// The last events as lines of JSON, for people who ask when no daemon runs: PATH, and PATH.1 before it, each
/// at most `most` bytes (but for a single line that is longer).
class EventFile {
public:
  static constexpr std::uint64_t usual_size = 4U << 20;

  explicit EventFile(std::string path, std::uint64_t most = usual_size)
      : path_(std::move(path)), most_(most) {}

  /// Appends the events that are new since the last call. After an error those are lost to the file and the
  /// next ones are tried again.
  [[nodiscard]] Status update(const engine::ControlPort& port);

private:
  [[nodiscard]] Status append(const std::string& line);
  [[nodiscard]] Status open();
  [[nodiscard]] Status rotate();

  std::string path_;
  std::uint64_t most_;
  Fd fd_;
  std::uint64_t size_ = 0;
  std::uint64_t next_ = 1; ///< sequence number of the first event that is not written
};

} // namespace holdfast::control
