#include "loggers.h"

#include <cstdlib>
#include <sstream>
#include <unistd.h>

namespace holdfast::bench {

/// The peers put nothing aside where they can be told so, and else as late as they can; svlogd has the buffer
/// that serves it best.
std::vector<Logger> all_loggers() {
  return {
      {.name = "splice loop", .words = {HOLDFAST_BENCH_LOG_PART, "loop", "%d/file"}, .package = ""},
      {.name = "holdfast raw", .words = {HOLDFAST_BENCH_LOG_CAPTURE, "raw", "%d"}, .package = ""},
      {.name = "s6-log", .words = {"s6-log", "n1000", "s268435455", "%d/log"}, .package = "s6"},
      {.name = "svlogd", .words = {"svlogd", "-b", "65536", "%d"}, .package = "runit"},
      {.name = "multilog", .words = {"multilog", "n1000", "s16777215", "%d/log"}, .package = "daemontools"},
      {.name = "supervisord", .words = {}, .package = "supervisor"},
      {.name = "holdfast stamped",
       .stamps = true,
       .words = {HOLDFAST_BENCH_LOG_CAPTURE, "stamped", "%d"},
       .package = ""},
      {.name = "s6-log T",
       .stamps = true,
       .words = {"s6-log", "n1000", "s268435455", "T", "%d/log"},
       .package = "s6"},
      {.name = "s6-log t",
       .stamps = true,
       .words = {"s6-log", "n1000", "s268435455", "t", "%d/log"},
       .package = "s6"},
      {.name = "svlogd -tt",
       .stamps = true,
       .words = {"svlogd", "-tt", "-b", "65536", "%d"},
       .package = "runit"},
      {.name = "multilog t",
       .stamps = true,
       .words = {"multilog", "t", "n1000", "s16777215", "%d/log"},
       .package = "daemontools"},
  };
}

bool is_installed(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');)
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

} // namespace holdfast::bench
