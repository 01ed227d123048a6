#include "client/directory_watch.h"
#include "client/enquiry.h"
#include "client/log_merge.h"
#include "client/log_reader.h"
#include "client/text.h"
#include "client/verbs.h"

#include <algorithm>
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

/// Which logs, and whether a daemon said so.
struct Logs {
  wire::LogPlaces places;
  ExitCode code = ExitCode::done;
};

Result<wire::LogPlaces> ask_daemon(Enquiry& enquiry) {
  auto reply = enquiry.next(answers_within);
  if (!reply) return reply.error();
  if (!reply.value()) return Error{"the daemon does not answer"};
  if (const auto* refused = std::get_if<wire::Refused>(&*reply.value())) return Error{refused->text};
  if (auto* places = std::get_if<wire::LogPlaces>(&*reply.value())) return std::move(*places);
  return Error{"the daemon's answer is of an unexpected kind"};
}

Result<Logs> find_logs(Context& context) {
  auto enquiry =
      Enquiry::open(context, {.verb = wire::ControlVerb::logs, .services = context.options.services});
  if (enquiry) {
    auto places = ask_daemon(enquiry.value());
    if (!places) return places.error();
    return Logs{.places = std::move(places).value(), .code = ExitCode::done};
  }
  if (!nobody_listens(enquiry.error())) return enquiry.error();
  const std::string& directory = context.places.log_directory;
  Logs logs{.places = {directory, context.options.services}, .code = ExitCode::no_daemon};
  const std::vector<std::string> known = logged_services(directory);
  if (logs.places.services.empty()) logs.places.services = known;
  for (const std::string& service : logs.places.services)
    if (!std::binary_search(known.begin(), known.end(), service))
      context.terminal.complain("there is no log of " + service + " in " + directory);
  context.terminal.complain("no daemon listens on " + context.socket + "; last known, from " + directory +
                            ":");
  return logs;
}

class Viewer {
public:
  Viewer(Context& context, const wire::LogPlaces& places) : context_(context) {
    for (const std::string& service : places.services) {
      readers_.emplace_back(places.directory, service);
      widest_ = std::max(widest_, service.size());
    }
  }

  Status show_last(std::uint64_t lines, bool to_the_end) {
    std::vector<std::vector<std::string>> logs;
    for (LogReader& reader : readers_) {
      if (auto found = reader.seek_last(lines); !found) return found;
      if (auto read = reader.read(logs.emplace_back()); !read) return read;
      if (std::string rest = to_the_end ? reader.rest() : std::string(); !rest.empty())
        logs.back().push_back(std::move(rest));
    }
    std::vector<MergedLine> merged = merge(std::move(logs));
    const std::size_t surplus = lines != 0 && merged.size() > lines ? merged.size() - lines : 0;
    merged.erase(merged.begin(), merged.begin() + static_cast<std::ptrdiff_t>(surplus));
    print(merged);
    return Done{};
  }

  Status show_new() {
    std::vector<std::vector<std::string>> logs;
    for (LogReader& reader : readers_)
      if (auto read = reader.read(logs.emplace_back()); !read) return read;
    print(merge(std::move(logs)));
    return Done{};
  }

  [[nodiscard]] bool anybody_reads() const { return read_; }

private:
  void print(const std::vector<MergedLine>& lines) {
    std::string text;
    for (const MergedLine& line : lines)
      text += shown(line) + "\n";
    if (!text.empty() && read_) read_ = context_.terminal.write(text);
  }

  std::string shown(const MergedLine& line) const {
    const std::string& service = readers_[line.log].service();
    if (context_.options.json) return wire::encode_log_line({.service = service, .line = line.text});
    // A pipe gets what is in the file; what could steer a terminal does not get there.
    std::string text = context_.terminal.is_terminal() ? harmless(line.text) : line.text;
    if (readers_.size() == 1) return text;
    const std::string head = service + std::string(widest_ - service.size(), ' ') + " | ";
    return context_.terminal.in(Colour::dim, head) + text;
  }

  Context& context_;
  std::vector<LogReader> readers_;
  std::size_t widest_ = 0;
  bool read_ = true;
};

Status view(Context& context, const Logs& logs) {
  const bool follows = context.options.follow && logs.code == ExitCode::done;
  Viewer viewer(context, logs.places);
  // Before the first look: what happens in between is looked at again.
  const Fd watch = follows ? watch_directory(logs.places.directory) : Fd();
  if (auto shown = viewer.show_last(context.options.lines.value_or(usual_last), !follows); !shown)
    return shown;
  while (follows && viewer.anybody_reads()) {
    wait_for_change(watch, look_every);
    if (auto shown = viewer.show_new(); !shown) return shown;
  }
  return Done{};
}

} // namespace

ExitCode show_logs(Context& context) {
  const auto logs = find_logs(context);
  if (!logs) {
    context.terminal.complain(logs.error().what);
    return ExitCode::failed;
  }
  if (auto viewed = view(context, logs.value()); !viewed) {
    context.terminal.complain(viewed.error().what);
    return logs.value().code == ExitCode::done ? ExitCode::failed : logs.value().code;
  }
  return logs.value().code;
}

} // namespace holdfast::client
