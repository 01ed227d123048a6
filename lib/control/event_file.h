#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "engine/control_port.h"

#include <cstdint>
#include <string>

namespace holdfast::control {

/// The last events as lines of JSON, for people who ask when no daemon runs: PATH, and PATH.1 before it, each
/// at most `most` bytes (but for a single line that is longer).
///
/// Each event is there once, also where an engine is killed while it writes: how far the file is written is
/// with the events themselves, which outlive the engine. What stands behind that in the same file is a line
/// that was being written; it is taken out and written again.
class EventFile {
public:
  static constexpr std::uint64_t usual_size = 4U << 20;

  explicit EventFile(std::string path, std::uint64_t most = usual_size)
      : path_(std::move(path)), most_(most) {}

  /// Appends the events that are new since the last call, the first time those that are not filed yet. After
  /// an error those are lost to the file and the next ones are tried again.
  [[nodiscard]] Status update(engine::ControlPort& port);

private:
  [[nodiscard]] Status append(engine::ControlPort& port, std::uint64_t sequence, const std::string& line);
  /// Opens it, without what an engine that was killed had begun to write, and says so before anything is
  /// written to it.
  [[nodiscard]] Status open(engine::ControlPort& port);
  [[nodiscard]] Status rotate(engine::ControlPort& port);

  std::string path_;
  std::uint64_t most_;
  Fd fd_;
  engine::FiledEvents filed_; ///< what the port was told last
  std::uint64_t next_ = 0;    ///< sequence number of the first event that is not written; 0: not known yet
};

} // namespace holdfast::control
