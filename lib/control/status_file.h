#pragma once

#include "base/file.h"
#include "base/result.h"
#include "engine/control_port.h"

#include <string>

namespace holdfast::control {

/// The last known status, for people who ask when no daemon runs: the view of `status` in a file that is
/// replaced whole.
class StatusFile {
public:
  explicit StatusFile(std::string path) : path_(std::move(path)) {}

  /// Relaxed while the daemon runs: its loop must not wait for a disk. Synced at the end.
  [[nodiscard]] Status write(const engine::ControlPort& port, Durability durability) const;

private:
  std::string path_;
};

} // namespace holdfast::control
