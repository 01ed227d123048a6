#pragma once
// The loggers that the measurement of the logs compares, each a process that writes what comes out of a pipe
// into files of its own.

#include <string>
#include <vector>

namespace holdfast::bench {

struct Logger {
  std::string name;
  bool stamps = false;
  /// With "%d" for the directory of its files; empty: it starts the writer itself (supervisord).
  std::vector<std::string> words;
  /// Debian's package that has it; empty: it is built here.
  std::string package;
};

/// In the order of the table. The first one is the static splice loop.
[[nodiscard]] std::vector<Logger> all_loggers();

/// Whether a program is in PATH.
[[nodiscard]] bool is_installed(const std::string& program);

} // namespace holdfast::bench
