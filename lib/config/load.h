#pragma once
// From files to a StackSpec, or to all that is wrong with them in one pass.

#include "config/diagnostic.h"
#include "config/kept_files.h"
#include "config/machine.h"
#include "config/tree.h"
#include "model/spec.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

/// As whom the observer, which asks network peers, runs where we are root.
constexpr std::string_view observers_user = "holdfast";

struct LoadOptions {
  std::string file = "/etc/holdfast/holdfast.yaml";
  /// Searched in order for NAME.yaml. Usually /etc/holdfast/presets, /usr/share/holdfast/presets.
  std::vector<std::string> preset_directories;
  /// Also look at this machine: users and groups that do not exist, executables that are missing. What is
  /// wrong there is an error with the place of the key that names it.
  bool look_at_machine = true;
  /// Looked for there as well, as root, where a network peer is asked.
  std::string observers_user = std::string(config::observers_user);
  /// And these, where there are any: what else runs on this machine.
  MachineQuestions machine;
  /// CPUs, for the default of start_at_once.
  unsigned cpus = 2;
  bool root = true; ///< we run as root: `user` is required
  bool under_systemd =
      false; ///< the daemon is a unit's main process: enforce_limits is `required` by default
};

struct Loaded {
  std::optional<model::StackSpec> stack; ///< only where no diagnostic is an error
  NodePtr tree;                          ///< where there is a stack: all keys, those of presets too
  std::vector<Diagnostic> diagnostics;   ///< sorted by file and place, warnings after errors
  KeptFiles kept;                        ///< what it was made of
};

[[nodiscard]] Loaded load(const LoadOptions& options);

/// The same stack and tree again: reads no file, and does not look at the machine.
[[nodiscard]] Loaded load(const KeptFiles& kept);

/// Where a configuration says that things are, for a client that looks for the socket or the logs and for the
/// order of a boot: reads no preset, checks nothing else, and falls back to the defaults where the file says
/// nothing or cannot be read.
struct Locations {
  std::string runtime;
  std::string state;
  std::string log_directory;
  std::vector<std::string> volumes; ///< their paths, absolute
};
[[nodiscard]] Locations locate(const std::string& file);

} // namespace holdfast::config
