#pragma once

#include "base/fd.h"
#include "engine/anchor_link.h"
#include "engine/held.h"
#include "linux/log_capture.h"
#include "wire/audit.h"

#include <cstdint>
#include <functional>
#include <string>

namespace holdfast::engine {

/// Writes the log of commands by way of the capture of the services' logs, so that it is put aside, kept and
/// counted like them. The anchor holds its pipe: what is written into it is not lost with the engine. Nobody
/// waits for it: where the pipe is full, lines are counted, and that is told as soon as there is room.
class AuditLog {
public:
  struct Parts {
    linux_os::LogCapture& logs;
    AnchorLink& anchor;
    std::function<void(const std::string&)> trouble;
  };

  explicit AuditLog(Parts parts) : parts_(std::move(parts)) {}

  /// With the pipe of the engine before, or a new one. Where that fails it is told, and commands go on
  /// without their log.
  void open(Held& held);
  void write(const wire::AuditLine& line);

private:
  [[nodiscard]] Status begin(Held& held);
  [[nodiscard]] bool put(std::string text);

  Parts parts_;
  Fd pipe_; ///< its write end
  std::uint64_t lost_ = 0;
};

} // namespace holdfast::engine
