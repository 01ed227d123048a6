#include "client/status_table.h"

#include "base/size.h"
#include "client/colours.h"
#include "client/table.h"
#include "client/text.h"
#include "client/volume_table.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <optional>

namespace holdfast::client {
namespace {

/// A phase of the last known status has lasted for nobody knows how long.
std::string how_long(const wire::StatusView& view, const std::string& since, WallTime now) {
  const auto start = parse_utc(since);
  if (!start || view.last_known) return "";
  return format_span(std::chrono::floor<std::chrono::seconds>(std::max(now - *start, Duration{})));
}

std::string verdict_line(const wire::StatusView& view, WallTime now, const Terminal& terminal) {
  const wire::StackStatus& stack = view.stack;
  const std::string span = how_long(view, stack.since, now);
  return harmless(stack.name) + ": " + terminal.in(colour_of(stack.verdict), harmless(stack.verdict)) +
         " since " + harmless(stack.since) + (span.empty() ? "" : " (" + span + ")") + ", door " +
         harmless(stack.door);
}

constexpr std::uint64_t most_cpu_usec = 1'000'000ULL * 86400 * 36500;

template <typename Number>
std::string shown(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : "-";
}

std::string cpu(const wire::ServiceStatus& service) {
  using Hundredths = std::chrono::duration<std::int64_t, std::centi>;
  if (!service.cpu_usec) return "-";
  // More than any CPU time there can be is a lie that must not overflow.
  const std::uint64_t usec = std::min<std::uint64_t>(*service.cpu_usec, most_cpu_usec);
  return format_span(std::chrono::round<Hundredths>(std::chrono::microseconds(usec)));
}

std::string memory(const wire::ServiceStatus& service) {
  if (!service.memory_bytes) return "-";
  const std::string used = format_bytes(*service.memory_bytes);
  return service.memory_max_bytes ? used + " / " + format_bytes(*service.memory_max_bytes) : used;
}

/// "3 of 4096 connections wait on 127.0.0.1:8000". Nothing of a queue where nobody waits.
std::string waiting_on(const wire::SocketStatus& socket) {
  if (!socket.queue || *socket.queue == 0) return {};
  return std::to_string(*socket.queue) + " of " + shown(socket.backlog) + " connections wait on " +
         socket.address;
}

std::string why(const wire::ServiceStatus& service) {
  // What starts says best itself how far it has got.
  const bool speaks = service.phase == "starting" && !service.status_text.empty();
  std::string text = speaks || service.why.empty() ? service.status_text : service.why;
  if (service.log_lines_dropped != 0)
    text += (text.empty() ? "" : "; ") + std::to_string(service.log_lines_dropped) +
            " lines of its log were dropped";
  for (const wire::SocketStatus& socket : service.sockets)
    if (const std::string waiting = waiting_on(socket); !waiting.empty())
      text += (text.empty() ? "" : "; ") + waiting;
  return harmless(text);
}

std::vector<Cell> row_of(const wire::StatusView& view, const wire::ServiceStatus& service, WallTime now) {
  return {{harmless(service.name)},
          {harmless(service.phase), colour_of(service.phase)},
          {how_long(view, service.since, now)},
          {shown(service.pid)},
          {service.run == 0 ? "-" : std::to_string(service.run)},
          {std::to_string(service.restarts)},
          {cpu(service)},
          {memory(service)},
          {why(service)}};
}

void add_last_lines(const wire::ServiceStatus& service, std::size_t width, std::vector<std::string>& lines) {
  if (service.last_lines.empty()) return;
  lines.emplace_back();
  lines.push_back("The last lines of " + harmless(service.name) + ":");
  for (const std::string& line : service.last_lines) {
    const std::string text = "  " + harmless(line);
    lines.push_back(width == 0 ? text : cut(text, width));
  }
}

/// Those that are as they are meant to be need no words.
void add_volumes(const wire::StatusView& view, const Terminal& terminal, std::size_t width,
                 std::vector<std::string>& lines) {
  std::vector<wire::VolumeStatus> wrong;
  std::copy_if(view.volumes.begin(), view.volumes.end(), std::back_inserter(wrong),
               [](const wire::VolumeStatus& volume) { return volume.state != "present"; });
  if (wrong.empty()) return;
  lines.emplace_back();
  for (std::string& line : volume_lines(wrong, terminal, width))
    lines.push_back(std::move(line));
}

} // namespace

std::vector<std::string> status_lines(const wire::StatusView& view, WallTime now, const Terminal& terminal,
                                      std::size_t width) {
  std::vector<std::string> lines;
  if (view.last_known)
    lines.push_back("The daemon does not run; last known, of " + harmless(view.time) + ":");
  lines.push_back(verdict_line(view, now, terminal));
  if (!view.stack.why.empty()) {
    const std::string text = "  " + harmless(view.stack.why);
    lines.push_back(width == 0 ? text : cut(text, width));
  }
  if (view.stack.changed_on_disk) {
    const std::string text = "  configuration changed on disk since " +
                             harmless(*view.stack.changed_on_disk) +
                             "; `holdfast plan` shows what a reload would do";
    lines.push_back(width == 0 ? text : cut(text, width));
  }
  lines.emplace_back();
  std::vector<std::vector<Cell>> rows;
  rows.emplace_back();
  for (const char* head : {"SERVICE", "PHASE", "FOR", "PID", "RUN", "RESTARTS", "CPU", "MEMORY", "WHY"})
    rows.back().push_back({head, Colour::dim});
  for (const wire::ServiceStatus& service : view.services)
    rows.push_back(row_of(view, service, now));
  for (std::string& line : lay_out(rows, terminal, width))
    lines.push_back(std::move(line));
  add_volumes(view, terminal, width, lines);
  for (const wire::ServiceStatus& service : view.services)
    add_last_lines(service, width, lines);
  return lines;
}

} // namespace holdfast::client
