#pragma once
// The verbs, one source file each.

#include "base/result.h"
#include "client/client.h"
#include "client/exit_code.h"
#include "client/options.h"
#include "client/terminal.h"

namespace holdfast::client {

struct Context {
  const Options& options;
  const Composition& composition;
  Locations places;
  std::string socket;
  Terminal& terminal;
};

[[nodiscard]] ExitCode show_status(Context& context);
[[nodiscard]] ExitCode change(Context& context);
[[nodiscard]] ExitCode show_plan(Context& context);
[[nodiscard]] ExitCode show_explanation(Context& context);
[[nodiscard]] ExitCode show_events(Context& context);
[[nodiscard]] ExitCode show_logs(Context& context);
[[nodiscard]] ExitCode show_volumes(Context& context);
[[nodiscard]] ExitCode show_version(Context& context);
/// Does not return where it succeeds: the process becomes the anchor.
[[nodiscard]] ExitCode run_anchor(Context& context);

/// Says why no connection could be made.
[[nodiscard]] ExitCode no_connection(Context& context, const Error& error);

} // namespace holdfast::client
