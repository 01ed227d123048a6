#include "client/client.h"

#include "client/daemon_link.h"
#include "client/options.h"
#include "client/verbs.h"

#include <cerrno>
#include <csignal>

namespace holdfast::client {
namespace {

ExitCode speak(Context& context) {
  switch (context.options.verb) {
  case Verb::run: return run_anchor(context);
  case Verb::check:
    return static_cast<ExitCode>(
        context.composition.check({.config = context.options.config, .json = context.options.json}));
  case Verb::plan: return show_plan(context);
  case Verb::status: return show_status(context);
  case Verb::explain: return show_explanation(context);
  case Verb::start:
  case Verb::stop:
  case Verb::restart:
  case Verb::reload:
  case Verb::door:
  case Verb::task: return change(context);
  case Verb::logs: return show_logs(context);
  case Verb::events: return show_events(context);
  case Verb::volume_list: return show_volumes(context);
  case Verb::volume_adopt:
  case Verb::upgrade: return change(context);
  case Verb::version: return show_version(context);
  }
  return ExitCode::usage;
}

} // namespace

int run_client(const std::vector<std::string>& words, const Composition& composition, Terminal& terminal) {
  ::signal(SIGPIPE, SIG_IGN);
  const Parsed parsed = parse(words, composition.version);
  if (!parsed.options) {
    if (parsed.exit_code == 0)
      static_cast<void>(terminal.write(parsed.text));
    else
      terminal.write_error(parsed.text);
    return parsed.exit_code;
  }
  Context context{.options = *parsed.options,
                  .composition = composition,
                  .places = composition.locate(parsed.options->config),
                  .socket = parsed.options->socket,
                  .terminal = terminal};
  if (context.socket.empty()) context.socket = context.places.runtime + "/control.sock";
  return static_cast<int>(speak(context));
}

ExitCode no_connection(Context& context, const Error& error) {
  if (nobody_listens(error)) {
    context.terminal.complain("no daemon listens on " + context.socket);
    return ExitCode::no_daemon;
  }
  const bool denied = error.code == EACCES || error.code == EPERM;
  context.terminal.complain(error.what +
                            (denied ? " (only root and members of group holdfast may connect)" : ""));
  return ExitCode::failed;
}

} // namespace holdfast::client
