#pragma once

namespace holdfast::client {

/// What a verb's exit code says. `run` and the daemon have their own beyond these.
enum class ExitCode : int {
  done = 0,   ///< done; `status`: the door is open
  failed = 1, ///< it failed, or is not working
  usage = 2,
  no_daemon = 3, ///< what was shown, if anything, is the last known
};

} // namespace holdfast::client
