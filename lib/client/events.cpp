#include "base/clock.h"
#include "client/colours.h"
#include "client/last_known.h"
#include "client/since.h"
#include "client/text.h"
#include "client/verbs.h"

#include <cerrno>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

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

struct Wanted {
  std::uint64_t last = 0;
  std::string since; ///< as events tell their time, so that both compare as texts; empty: whenever
};

Wanted wanted(const Options& options) {
  if (const auto since = moment_of(options.since, read_wall()))
    return {.last = std::numeric_limits<std::uint32_t>::max(), .since = format_utc(*since)};
  return {.last = options.lines.value_or(options.follow ? usual_last_followed : usual_last), .since = {}};
}

/// Of what is in the files.
Result<std::vector<wire::EventLine>> known_events(const Context& context, const Wanted& wanted) {
  auto events = last_known_events(context.places.state, wanted.last);
  if (events)
    std::erase_if(events.value(), [&](const wire::EventLine& event) { return event.time < wanted.since; });
  return events;
}

ExitCode last_known(Context& context, const Error& error, const Wanted& wanted) {
  const ExitCode code = no_connection(context, error);
  if (code != ExitCode::no_daemon) return code;
  const auto events = known_events(context, wanted);
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

/// What the daemon does not have in memory any more, or an earlier one told: what the files have from before
/// its first event.
class Past {
public:
  Past(Context& context, const Wanted& wanted) : context_(context) {
    if (wanted.since.empty()) return;
    auto events = known_events(context, wanted);
    if (events)
      events_ = std::move(events).value();
    else if (events.error().code != ENOENT)
      context.terminal.complain("not everything is told: " + events.error().what);
  }

  /// `first`: of the daemon's; empty where it has none. Prints once.
  bool print_before(const std::string& first) {
    for (const wire::EventLine& event : std::exchange(events_, {}))
      if ((first.empty() || event.time < first) && !print(context_, event)) return false;
    return true;
  }

private:
  Context& context_;
  std::vector<wire::EventLine> events_;
};

} // namespace

ExitCode show_events(Context& context) {
  const Options& options = context.options;
  const Wanted events = wanted(options);
  auto link = DaemonLink::open(context.socket);
  if (!link) return last_known(context, link.error(), events);
  Past past(context, events);
  link.value().ask({.verb = wire::ControlVerb::events, .follow = options.follow, .last = events.last});
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
    if (!past.print_before(event == nullptr ? std::string() : event->time) || event == nullptr)
      return ExitCode::done;
    if (event->time >= events.since && !print(context, *event)) return ExitCode::done;
  }
}

} // namespace holdfast::client
