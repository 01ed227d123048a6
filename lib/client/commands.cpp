#include "client/text.h"
#include "client/verbs.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

struct Words {
  wire::ControlVerb verb;
  const char* done;
};

Words words_of(Verb verb) {
  switch (verb) {
  case Verb::start: return {wire::ControlVerb::start, "started"};
  case Verb::stop: return {wire::ControlVerb::stop, "stopped"};
  case Verb::restart:
  case Verb::run:
  case Verb::check:
  case Verb::status:
  case Verb::logs:
  case Verb::events:
  case Verb::version: break;
  }
  return {wire::ControlVerb::restart, "restarted"};
}

std::string object_of(const Options& options) {
  std::string names;
  for (const std::string& name : options.services)
    names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "the stack" : names;
}

/// Nothing: it goes on.
std::optional<ExitCode> take(Context& context, const wire::ControlReply& reply) {
  Terminal& terminal = context.terminal;
  if (const auto* progress = std::get_if<wire::Progress>(&reply)) {
    // A command goes on when nobody reads its progress: its outcome is the exit code.
    static_cast<void>(terminal.progress("waiting: " + harmless(progress->text)));
    return {};
  }
  if (const auto* refused = std::get_if<wire::Refused>(&reply)) {
    terminal.complain(refused->text);
    return ExitCode::failed;
  }
  const auto* finished = std::get_if<wire::Finished>(&reply);
  if (finished == nullptr) return {};
  const std::string done = context.options.no_wait ? std::string("asked; the outcome was not waited for")
                                                   : std::string(words_of(context.options.verb).done) + " " +
                                                         object_of(context.options);
  static_cast<void>(
      terminal.write(done + (finished->text.empty() ? "" : "; " + harmless(finished->text)) + "\n"));
  return ExitCode::done;
}

} // namespace

ExitCode change(Context& context) {
  auto link = DaemonLink::open(context.socket);
  if (!link) return no_connection(context, link.error());
  link.value().ask({.verb = words_of(context.options.verb).verb,
                    .services = context.options.services,
                    .wait = !context.options.no_wait});
  std::optional<std::chrono::milliseconds> patience = answers_within;
  for (;;) {
    const auto reply = link.value().next(patience);
    if (!reply) {
      context.terminal.complain(reply.error().what + "; the outcome is not known");
      return ExitCode::no_daemon;
    }
    if (!reply.value()) {
      context.terminal.complain("the daemon on " + context.socket + " does not answer");
      return ExitCode::failed;
    }
    if (const auto code = take(context, *reply.value())) return *code;
    patience.reset(); // it answers; the outcome comes when it comes
  }
}

} // namespace holdfast::client
