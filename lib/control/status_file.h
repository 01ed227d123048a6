#pragma once

#include "base/result.h"
#include "engine/control_port.h"

#include <optional>
#include <string>

namespace holdfast::control {

/// The last known status, for people who ask when no daemon runs: the view of `status` in a file that is
/// replaced whole.
class StatusFile {
public:
  explicit StatusFile(std::string path) : path_(std::move(path)) {}

  /// Writes when the verdict is another than at the last time. Waits for the disk.
  [[nodiscard]] Status update(const engine::ControlPort& port);
  /// Writes in any case: at the end.
  [[nodiscard]] Status write(const engine::ControlPort& port);

private:
  std::string path_;
  std::optional<model::Verdict> written_;
};

} // namespace holdfast::control
