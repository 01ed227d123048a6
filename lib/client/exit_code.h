#pragma once

namespace holdfast::client {

/// What a verb's exit code says. The daemon has its own beyond these.
enum class ExitCode : int {
  done = 0,   ///< done; `status`: the door is open
  failed = 1, ///< it failed, or is not working
  usage = 2,
  no_daemon = 3,    ///< what was shown, if anything, is the last known
  cannot_start = 4, ///< `run`: there is not even an anchor
};

} // namespace holdfast::client
