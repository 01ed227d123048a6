#include "client/last_known.h"

#include "base/file.h"

#include <cerrno>
#include <string_view>
#include <utility>

namespace holdfast::client {
namespace {

constexpr std::size_t most_bytes = 16U << 20;

void add_events(std::string_view text, std::vector<wire::EventLine>& events) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (auto event = wire::decode_event(text.substr(0, end)); event.ok())
      events.push_back(std::move(event).value());
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

} // namespace

Result<wire::StatusView> last_known_status(const std::string& state_directory) {
  const std::string path = state_directory + "/status.json";
  const auto text = read_file(path, most_bytes);
  if (!text) return text.error();
  auto view = wire::decode_status(text.value());
  if (!view) return view.error().in(path);
  view.value().last_known = true;
  return view;
}

ExitCode show_last_known(Context& context, const Error& error,
                         const std::function<void(const wire::StatusView&)>& show) {
  const ExitCode code = no_connection(context, error);
  if (code != ExitCode::no_daemon) return code;
  const auto view = last_known_status(context.places.state);
  if (view)
    show(view.value());
  else
    context.terminal.complain("nothing is known of before: " + view.error().what);
  return code;
}

Result<std::vector<wire::EventLine>> last_known_events(const std::string& state_directory, std::size_t most) {
  const std::string path = state_directory + "/events.jsonl";
  std::vector<wire::EventLine> events;
  if (const auto older = read_file(path + ".1", most_bytes); older.ok()) add_events(older.value(), events);
  const auto newer = read_file(path, most_bytes);
  if (!newer && (newer.error().code != ENOENT || events.empty())) return newer.error();
  if (newer.ok()) add_events(newer.value(), events);
  if (events.size() > most) events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(most));
  return events;
}

} // namespace holdfast::client
