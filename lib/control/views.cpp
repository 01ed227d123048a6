#include "control/views.h"

#include "base/signals.h"
#include "model/words.h"
#include "wire/control.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace holdfast::control {
namespace {

constexpr std::size_t lines_shown = 10;
/// A quarter of the longest answer, so that many failed services do not crowd out the answer itself.
constexpr std::size_t line_bytes_shown = wire::longest_reply / 4;

wire::LastExit last_exit(const model::ExitStatus& exit) {
  wire::LastExit shown;
  shown.oom = exit.oom;
  if (exit.signal != 0)
    shown.signal = signal_name(exit.signal);
  else
    shown.code = exit.code;
  return shown;
}

std::optional<int> living_pid(const model::Service& service) {
  const model::Run* run = model::run_of(service.phase);
  if (run == nullptr || run->pid <= 0 || run->exit) return {};
  return run->pid;
}

/// What a service that answers is about needs no words.
std::string why_shown(const model::Stack& stack, const model::Service& service) {
  return service.why.cause == model::Cause::answers ? std::string() : model::words(stack, service.why);
}

void add_facts(wire::ServiceStatus& shown, const engine::ServiceFacts& facts) {
  shown.memory_bytes = facts.memory_bytes;
  shown.memory_max_bytes = facts.memory_max_bytes;
  shown.cpu_usec = facts.cpu_usec;
  shown.tasks = facts.tasks;
  shown.sockets = facts.sockets;
  shown.pressure = {.memory = facts.memory_pressure, .cpu = facts.cpu_pressure, .io = facts.io_pressure};
}

wire::ServiceStatus service_status(const engine::ControlPort& port, ServiceId id) {
  const model::Stack& stack = port.stack();
  const model::Service& service = stack.service(id);
  wire::ServiceStatus shown;
  shown.name = stack.spec(id).name;
  shown.phase = model::word(model::name_of(service.phase));
  shown.critical = stack.spec(id).critical;
  shown.pid = living_pid(service);
  shown.run = service.last_run.value;
  shown.restarts = service.restarts;
  shown.since = format_utc_seconds(service.since_wall);
  shown.why = why_shown(stack, service);
  shown.status_text = service.status_text;
  if (service.last_exit) shown.last_exit = last_exit(*service.last_exit);
  shown.log_lines_dropped = port.log_lines_dropped(id);
  return shown;
}

bool shows_lines(const model::Service& service) {
  const model::PhaseName phase = model::name_of(service.phase);
  return phase == model::PhaseName::failed || phase == model::PhaseName::backoff;
}

std::size_t bytes_of(const std::vector<std::string>& lines) {
  std::size_t sum = 0;
  for (const std::string& line : lines)
    sum += line.size();
  return sum;
}

} // namespace

wire::StatusView model_view(const engine::ControlPort& port, WallTime now) {
  const model::Stack& stack = port.stack();
  wire::StatusView view;
  view.time = format_utc_seconds(now);
  view.stack = {.name = stack.spec().name,
                .verdict = std::string(model::word(stack.verdict())),
                .since = format_utc_seconds(stack.verdict_since()),
                .door = stack.door_open() ? "open" : "closed",
                .why = model::verdict_words(stack),
                .changed_on_disk = {}};
  if (const auto since = port.changed_on_disk()) view.stack.changed_on_disk = format_utc_seconds(*since);
  view.volumes = port.volumes();
  std::size_t room = line_bytes_shown;
  for (const ServiceId id : port.listed()) {
    wire::ServiceStatus shown = service_status(port, id);
    if (shows_lines(stack.service(id))) {
      auto lines = port.last_lines(id, lines_shown);
      const std::size_t bytes = bytes_of(lines);
      if (bytes <= room) shown.last_lines = std::move(lines);
      room -= std::min(room, bytes);
    }
    view.services.push_back(std::move(shown));
  }
  return view;
}

wire::StatusView status_view(const engine::ControlPort& port, WallTime now) {
  wire::StatusView view = model_view(port, now);
  const auto listed = port.listed();
  for (std::size_t i = 0; i < listed.size(); ++i)
    add_facts(view.services[i], port.facts(listed[i]));
  return view;
}

wire::EventLine event_line(const engine::EventRecord& record) {
  wire::EventLine line;
  line.time = format_utc(record.time);
  if (!record.service.empty()) line.service = record.service;
  if (record.run != 0) line.run = record.run;
  line.from = record.from;
  line.to = record.to;
  line.why = record.why;
  const auto took = std::chrono::round<std::chrono::milliseconds>(record.took).count();
  line.took_ms = took > 0 ? static_cast<std::uint64_t>(took) : 0;
  line.sequence = record.sequence;
  return line;
}

} // namespace holdfast::control
