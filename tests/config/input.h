#pragma once

#include "config/load.h"
#include "support/scratch.h"

#include <string>

namespace holdfast::test {

/// Configurations written into a directory of their own.
class Input {
public:
  /// Writes a file below the directory, mode 0644, with its directories.
  void write(const std::string& name, const std::string& text);

  /// Loads holdfast.yaml, as root, without a look at the machine, with the presets of presets/ and of the
  /// tree.
  [[nodiscard]] config::Loaded load();

  /// Writes holdfast.yaml and loads it.
  [[nodiscard]] config::Loaded load(const std::string& text);

  [[nodiscard]] const std::string& path() const { return scratch_.path(); }

  config::LoadOptions options;

  Input();

private:
  Scratch scratch_;
};

/// All diagnostics as they are printed, without the directory in front of the files' names.
[[nodiscard]] std::string rendered(const config::Loaded& loaded, const std::string& directory);

/// Whether one of the diagnostics has this message.
[[nodiscard]] bool told(const config::Loaded& loaded, const std::string& message);

[[nodiscard]] std::string contents(const std::string& file);

} // namespace holdfast::test
