#include "client/colours.h"
#include "client/last_known.h"
#include "client/text.h"
#include "client/verbs.h"

#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

constexpr std::uint64_t usual_last = 100;
constexpr std::uint64_t usual_last_followed = 10;

std::string line_for_people(const wire::EventLine& event, const Terminal& terminal) {
  std::string line = harmless(event.time) + "  " + (event.service ? harmless(*event.service) : "stack");
  if (event.run) line += " run " + std::to_string(*event.run);
  // Trouble that changes no phase names one phase twice.
  const bool changed = event.from != event.to;
  line += "  " + (changed ? harmless(event.from) + " -> " : "") +
          terminal.in(colour_of(event.to), harmless(event.to));
  // How long a verdict lasted is not measured.
  if (event.service && changed) line += " after " + format_span(std::chrono::milliseconds(event.took_ms));
  if (!event.why.empty()) line += ": " + harmless(event.why);
  return line;
}

bool print(Context& context, const wire::EventLine& event) {
  const std::string line =
      context.options.json ? wire::encode_event(event) : line_for_people(event, context.terminal);
  return context.terminal.write(line + "\n");
}

ExitCode last_known(Context& context, const Error& error, std::uint64_t last) {
  const ExitCode code = no_connection(context, error);
  if (code != ExitCode::no_daemon) return code;
  const auto events = last_known_events(context.places.state, last);
  if (!events) {
    context.terminal.complain("nothing is known of before: " + events.error().what);
    return code;
  }
  if (!events.value().empty())
    context.terminal.complain("last known, until " + events.value().back().time + ":");
  for (const wire::EventLine& event : events.value())
    if (!print(context, event)) break;
  return code;
}

} // namespace

ExitCode show_events(Context& context) {
  const Options& options = context.options;
  const std::uint64_t last = options.lines.value_or(options.follow ? usual_last_followed : usual_last);
  auto link = DaemonLink::open(context.socket);
  if (!link) return last_known(context, link.error(), last);
  link.value().ask({.verb = wire::ControlVerb::events, .follow = options.follow, .last = last});
  for (;;) {
    const auto reply = link.value().next(options.follow ? std::nullopt : std::optional(answers_within));
    if (!reply || !reply.value()) {
      context.terminal.complain(reply ? "the daemon on " + context.socket + " does not answer"
                                      : reply.error().what);
      return reply ? ExitCode::failed : ExitCode::no_daemon;
    }
    if (const auto* refused = std::get_if<wire::Refused>(&*reply.value())) {
      context.terminal.complain(refused->text);
      return ExitCode::failed;
    }
    const auto* event = std::get_if<wire::EventLine>(&*reply.value());
    if (event == nullptr || !print(context, *event)) return ExitCode::done;
  }
}

} // namespace holdfast::client
