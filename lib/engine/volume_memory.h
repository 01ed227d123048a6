#pragma once

#include "base/result.h"

#include <map>
#include <string>

namespace holdfast::engine {

/// What volumes were like when they were first seen or adopted: STATE/volumes, "NAME MARKER FILE-SYSTEM" a
/// line, "-" for what is not known. It outlives the daemon and the machine's boots.
class VolumeMemory {
public:
  struct Known {
    std::string marker;      ///< the id; empty: it had none
    std::string file_system; ///< UUID; empty: not pinned
    bool operator==(const Known&) const = default;
  };

  explicit VolumeMemory(std::string path) : path_(std::move(path)) {}

  /// No file: nothing is known. A line that is none is an error: to pass over it would be to take any volume.
  [[nodiscard]] Status read();

  [[nodiscard]] Known of(const std::string& volume) const;
  void remember(const std::string& volume, Known known);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
  std::map<std::string, Known> known_; ///< by name
};

} // namespace holdfast::engine
