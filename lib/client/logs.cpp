#include "base/clock.h"
#include "client/directory_watch.h"
#include "client/enquiry.h"
#include "client/log_merge.h"
#include "client/log_printer.h"
#include "client/log_reader.h"
#include "client/since.h"
#include "client/verbs.h"
#include "wire/audit.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace holdfast::client {
namespace {

constexpr std::uint64_t usual_last = 100;
/// Where the directory cannot be watched, or a change goes untold (network file systems), it is looked at so
/// often.
constexpr std::chrono::milliseconds look_every{1000};

/// Which logs, and what is known of who writes them.
struct Logs {
  wire::LogPlaces places;
  ExitCode code = ExitCode::done;
  bool are_written = true; ///< as far as we know
};

Result<wire::LogPlaces> ask_daemon(Enquiry& enquiry) {
  auto reply = enquiry.next(answers_within);
  if (!reply) return reply.error();
  if (!reply.value()) return Error{"the daemon does not answer"};
  if (const auto* refused = std::get_if<wire::Refused>(&*reply.value())) return Error{refused->text};
  if (auto* places = std::get_if<wire::LogPlaces>(&*reply.value())) return std::move(*places);
  return Error{"the daemon's answer is of an unexpected kind"};
}

/// Which there are, as the directory tells it.
Result<Logs> look_into_directory(Context& context, bool daemon_runs) {
  const std::string& directory = context.places.log_directory;
  const auto known = logged_services(directory);
  if (!known) return known.error();
  Logs logs{.places = {directory, context.options.services},
            .code = daemon_runs ? ExitCode::done : ExitCode::no_daemon,
            .are_written = daemon_runs};
  if (logs.places.services.empty()) {
    logs.places.services = known.value();
    // As the daemon answers: whoever wants the commands too names their log.
    std::erase(logs.places.services, wire::audit_log);
  }
  for (const std::string& service : logs.places.services) {
    if (std::binary_search(known.value().begin(), known.value().end(), service)) continue;
    context.terminal.complain("there is no log of " + service + " in " + directory);
    if (daemon_runs) logs.code = ExitCode::failed;
  }
  if (!daemon_runs)
    context.terminal.complain("no daemon listens on " + context.socket + "; last known, from " + directory +
                              ":");
  return logs;
}

Result<Logs> find_logs(Context& context) {
  auto enquiry =
      Enquiry::open(context, {.verb = wire::ControlVerb::logs, .services = context.options.services});
  if (enquiry) {
    auto places = ask_daemon(enquiry.value());
    if (!places) return places.error();
    return Logs{.places = std::move(places).value()};
  }
  if (nobody_listens(enquiry.error())) return look_into_directory(context, false);
  // Whoever may not speak to the daemon may still read the files: members of group adm.
  const bool denied = enquiry.error().code == EACCES || enquiry.error().code == EPERM;
  return denied ? look_into_directory(context, true) : Result<Logs>(enquiry.error());
}

/// What is asked for: which lines, and how many of the last; none: all.
struct Wanted {
  LineFilter filter;
  std::optional<std::uint64_t> last;
};

Result<Wanted> wanted(const Options& options) {
  Wanted wanted{.filter = {}, .last = options.lines};
  const WallTime now = read_wall();
  const auto since = moment_of(options.since, now);
  const auto until = moment_of(options.until, now);
  if (since && until && *since > *until)
    return Error{"--since " + options.since + " is later than --until " + options.until, EINVAL};
  if (since) wanted.filter.since = format_utc(*since);
  if (until) wanted.filter.until = format_utc(*until);
  wanted.filter.needs_times = since || until;
  if (!options.grep.empty()) {
    auto pattern = LinePattern::compile(options.grep);
    if (!pattern) return Error{"--grep: " + pattern.error().what, EINVAL};
    wanted.filter.pattern = std::move(pattern).value();
  }
  // Whoever looks for something wants all of it; whoever waits for it, to see that there was some.
  const bool looks = wanted.filter.needs_times || (wanted.filter.pattern && !options.follow);
  if (!wanted.last && !looks) wanted.last = usual_last;
  return wanted;
}

class Viewer {
public:
  Viewer(Context& context, const Logs& logs, const Wanted& wanted) : context_(context), wanted_(wanted) {
    filter_ = wanted.filter;
    filter_.needs_times = filter_.needs_times || logs.places.services.size() > 1;
    readers_.reserve(logs.places.services.size());
    for (const std::string& service : logs.places.services)
      readers_.emplace_back(logs.places.directory, service, filter_,
                            [&context](const std::string& what) { context.terminal.complain(what); });
  }

  /// Where lines are to be put in order and one log has no times, it is left out if it was not asked for.
  Status begin() {
    std::vector<LogReader> begun;
    for (LogReader& reader : readers_) {
      const auto found = reader.begin(wanted_.last);
      if (!found) return found.error();
      if (found.value().without_times.empty()) {
        lines_ += found.value().lines;
        begun.push_back(std::move(reader));
        continue;
      }
      const std::string why = why_not(reader.service(), found.value().without_times);
      if (!context_.options.services.empty() || readers_.size() == 1) return Error{why};
      context_.terminal.complain(why);
    }
    if (begun.empty() && !readers_.empty()) return Error{"no log that has times is left"};
    readers_ = std::move(begun);
    return Done{};
  }

  void show(bool follows, const Fd& watch) {
    std::vector<std::string> services;
    for (const LogReader& reader : readers_)
      services.push_back(reader.service());
    LogPrinter printer(context_.terminal, context_.options, services);
    LogMerge merge(readers_, !follows);
    // Each log has gone back for all of them.
    std::uint64_t surplus = wanted_.last && lines_ > *wanted_.last ? lines_ - *wanted_.last : 0;
    for (;;) {
      while (const auto line = merge.next()) {
        if (surplus > 0)
          --surplus;
        else if (!printer.print(*line))
          return;
      }
      if (!printer.flush() || !follows) return;
      wait_for_change(watch, look_every);
    }
  }

private:
  std::string why_not(const std::string& service, const std::string& path) const {
    const bool by_time = !filter_.since.empty() || !filter_.until.empty();
    return service + ": the lines of " + path + " have no times, so that " +
           (by_time ? "none is known to be of the time that is asked for"
                    : "they cannot be merged with other logs") +
           "; `holdfast logs " + service +
           "` shows them as they are, and `timestamps: true` gives them times";
  }

  Context& context_;
  const Wanted& wanted_;
  LineFilter filter_;
  std::vector<LogReader> readers_;
  std::uint64_t lines_ = 0; ///< that all of them go back
};

Status view(Context& context, const Logs& logs, const Wanted& wanted) {
  const bool follows = context.options.follow && logs.are_written;
  Viewer viewer(context, logs, wanted);
  // Before the first look: what happens in between is looked at again.
  const Fd watch = follows ? watch_directory(logs.places.directory) : Fd();
  if (auto begun = viewer.begin(); !begun) return begun;
  viewer.show(follows, watch);
  return Done{};
}

} // namespace

ExitCode show_logs(Context& context) {
  const auto asked = wanted(context.options);
  if (!asked) {
    context.terminal.complain(asked.error().what);
    return ExitCode::usage;
  }
  const auto logs = find_logs(context);
  if (!logs) {
    context.terminal.complain(logs.error().what);
    return ExitCode::failed;
  }
  if (auto viewed = view(context, logs.value(), asked.value()); !viewed) {
    context.terminal.complain(viewed.error().what);
    return logs.value().code == ExitCode::done ? ExitCode::failed : logs.value().code;
  }
  return logs.value().code;
}

} // namespace holdfast::client
