#include "base/clock.h"
#include "client/colours.h"
#include "client/enquiry.h"
#include "client/last_known.h"
#include "client/since.h"
#include "client/text.h"
#include "client/verbs.h"

#include <cerrno>
#include <limits>
#include <optional>
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
  /// As events tell their time, so that both compare as texts; empty: whenever.
  std::string since;
  bool from_files = false; ///< also what the daemon does not know any more
};

Wanted wanted(const Options& options) {
  const WallTime now = read_wall();
  if (const auto since = moment_of(options.since, now))
    return {
        .last = std::numeric_limits<std::uint32_t>::max(), .since = format_utc(*since), .from_files = true};
  const std::uint64_t last = options.lines.value_or(options.follow ? usual_last_followed : usual_last);
  // The one before says where to go on after an engine that went away.
  if (last == 0) return {.last = 1, .since = format_utc(now)};
  return {.last = last, .since = {}};
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
  Past(Context& context, const Wanted& wanted) : context_(context), wanted_(wanted) {}

  /// `first`: of the daemon's; empty where it has none. Prints once.
  bool print_before(const std::string& first) {
    if (!std::exchange(wanted_.from_files, false)) return true;
    const auto events = known_events(context_, wanted_);
    if (!events && events.error().code != ENOENT)
      context_.terminal.complain("not everything is told: " + events.error().what);
    if (!events) return true;
    for (const wire::EventLine& event : events.value())
      if ((first.empty() || event.time < first) && !print(context_, event)) return false;
    return true;
  }

private:
  Context& context_;
  Wanted wanted_;
};

/// Prints each event once, whichever engine tells it. One that follows another is asked for what comes from
/// the last event on that was printed: that it has the same one shows that it counts on.
class Teller {
public:
  Teller(Context& context, const Wanted& wanted)
      : context_(context), wanted_(wanted), past_(context, wanted) {}

  [[nodiscard]] wire::ControlRequest request() {
    wire::ControlRequest request{.verb = wire::ControlVerb::events, .follow = context_.options.follow};
    asked_before_ = std::exchange(asked_, true);
    if (asked_before_)
      request.sequence = last_ ? last_->sequence.value_or(1) : 1;
    else
      request.last = wanted_.last;
    return request;
  }

  enum class Took { on, ask_again, unread };
  [[nodiscard]] Took take(const wire::EventLine& event) {
    if (std::exchange(asked_before_, false) && last_) {
      if (event == *last_) return Took::on;
      if (const auto missed = compare(event); missed != Took::on) return missed;
    }
    last_ = event;
    if (!past_.print_before(event.time)) return Took::unread;
    return event.time < wanted_.since || print(context_, event) ? Took::on : Took::unread;
  }

  /// There is none any more.
  void end() { static_cast<void>(past_.print_before({})); }

private:
  /// What another engine has in the place of the last event.
  [[nodiscard]] Took compare(const wire::EventLine& event) {
    const std::uint64_t last = last_->sequence.value_or(0);
    const std::uint64_t first = event.sequence.value_or(0);
    if (first > last + 1)
      context_.terminal.complain("events " + std::to_string(last + 1) + " to " + std::to_string(first - 1) +
                                 " are not known any more");
    if (first > last) return Took::on;
    context_.terminal.complain("the daemon counts its events anew; all that it has:");
    last_.reset();
    if (first == 1) return Took::on;
    return Took::ask_again;
  }

  Context& context_;
  Wanted wanted_;
  Past past_;
  bool asked_ = false;
  bool asked_before_ = false; ///< until the first event of an answer that goes on where another ended
  std::optional<wire::EventLine> last_;
};

} // namespace

ExitCode show_events(Context& context) {
  const Wanted events = wanted(context.options);
  Teller teller(context, events);
  auto enquiry = Enquiry::open(context, [&teller] { return teller.request(); });
  if (!enquiry) return last_known(context, enquiry.error(), events);
  const auto patience = context.options.follow ? std::nullopt : std::optional(answers_within);
  for (;;) {
    const auto reply = enquiry.value().next(patience);
    if (!reply || !reply.value()) return no_reply(context, reply);
    if (const auto* refused = std::get_if<wire::Refused>(&*reply.value())) {
      context.terminal.complain(refused->text);
      return ExitCode::failed;
    }
    const auto* event = std::get_if<wire::EventLine>(&*reply.value());
    if (event == nullptr) {
      teller.end();
      return ExitCode::done;
    }
    const Teller::Took took = teller.take(*event);
    if (took == Teller::Took::unread) return ExitCode::done;
    if (took == Teller::Took::ask_again) enquiry.value().ask_again();
  }
}

} // namespace holdfast::client
