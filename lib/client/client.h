#pragma once
// The command line. It speaks to the daemon through the control socket, and to files where no daemon runs;
// what it needs of higher floors it is handed.

#include "client/terminal.h"
#include "wire/plan_view.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::client {

struct Locations {
  std::string runtime;
  std::string state;
  std::string log_directory;
};

struct CheckRequest {
  std::string config;
  bool json = false;
};

/// Absolute paths of the programs that `run` starts.
struct Programs {
  std::string anchor;
  std::string engine;
};

/// With an engine that went away in the middle of an answer: for the next one.
struct Patience {
  std::chrono::milliseconds told{1000};  ///< then the user is told what is waited for
  std::chrono::milliseconds most{10000}; ///< then there is no daemon
  /// The same for an upgrade: an engine that does not take over has a minute, and then the former one
  /// returns.
  std::chrono::milliseconds upgrade{75000};
};

struct Composition {
  std::string version;
  Programs programs;
  /// Where the stack of this configuration keeps its files; defaults where it cannot be read.
  std::function<Locations(const std::string& config)> locate;
  /// `holdfast check`: prints, and returns the exit code.
  std::function<int(const CheckRequest& request)> check;
  /// `holdfast plan` where no daemon runs: what a start would do.
  std::function<wire::PlanView(const std::string& config)> plan;
  Patience patience = {};
};

/// Runs one command; `words` are the arguments without the program's name. Returns the exit code. SIGPIPE is
/// ignored from then on: output that nobody reads ends a command quietly.
[[nodiscard]] int run_client(const std::vector<std::string>& words, const Composition& composition,
                             Terminal& terminal);

} // namespace holdfast::client
