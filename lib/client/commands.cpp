#include "client/plan.h"
#include "client/text.h"
#include "client/verbs.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

wire::ControlRequest request_of(const Options& options) {
  wire::ControlRequest request{.services = options.services, .wait = !options.no_wait};
  switch (options.verb) {
  case Verb::start: request.verb = wire::ControlVerb::start; break;
  case Verb::stop: request.verb = wire::ControlVerb::stop; break;
  case Verb::restart: request.verb = wire::ControlVerb::restart; break;
  case Verb::reload: request.verb = wire::ControlVerb::reload; break;
  case Verb::task: request.verb = wire::ControlVerb::task; break;
  case Verb::door:
    request.verb = wire::ControlVerb::door;
    request.open = options.open;
    break;
  case Verb::volume_adopt:
    request.verb = wire::ControlVerb::adopt;
    request.volume = options.volume;
    break;
  case Verb::run:
  case Verb::check:
  case Verb::plan:
  case Verb::status:
  case Verb::explain:
  case Verb::logs:
  case Verb::events:
  case Verb::volume_list:
  case Verb::version: break;
  }
  return request;
}

std::string object_of(const Options& options) {
  std::string names;
  for (const std::string& name : options.services)
    names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "the stack" : names;
}

std::string done_words(const Options& options) {
  switch (options.verb) {
  case Verb::start: return "started " + object_of(options);
  case Verb::stop: return "stopped " + object_of(options);
  case Verb::restart: return "restarted " + object_of(options);
  case Verb::reload: return "reloaded";
  case Verb::task: return object_of(options) + " is done";
  case Verb::volume_adopt: return "adopted volume " + options.volume;
  case Verb::door: return options.open ? "the door is no longer held closed" : "the door is held closed";
  case Verb::run:
  case Verb::check:
  case Verb::plan:
  case Verb::status:
  case Verb::explain:
  case Verb::logs:
  case Verb::events:
  case Verb::volume_list:
  case Verb::version: break;
  }
  return {};
}

/// What a reload is about to change, or why it is not; the end of the answer says which.
void show_changes(Terminal& terminal, const wire::PlanView& plan) {
  std::string text = mistakes_shown(plan);
  for (const std::string& line : change_lines(plan, terminal))
    text += line + "\n";
  if (plan.valid && plan.changes.empty()) text += "nothing changed\n";
  static_cast<void>(terminal.write(text));
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
  if (const auto* plan = std::get_if<wire::PlanView>(&reply)) {
    show_changes(terminal, *plan);
    return {};
  }
  const auto* finished = std::get_if<wire::Finished>(&reply);
  if (finished == nullptr) return {};
  const std::string done = context.options.no_wait ? std::string("asked; the outcome was not waited for")
                                                   : done_words(context.options);
  static_cast<void>(
      terminal.write(done + (finished->text.empty() ? "" : "; " + harmless(finished->text)) + "\n"));
  return ExitCode::done;
}

} // namespace

ExitCode change(Context& context) {
  auto link = DaemonLink::open(context.socket);
  if (!link) return no_connection(context, link.error());
  link.value().ask(request_of(context.options));
  // So does a look at a volume: the one that is under way, and then the one that is asked for.
  const bool reads = context.options.verb == Verb::reload || context.options.verb == Verb::volume_adopt;
  std::optional<std::chrono::milliseconds> patience = reads ? reads_within : answers_within;
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
