#include "wire/status_view.h"

#include "wire/status_json.h"

#include <utility>

namespace holdfast::wire {
namespace {

Json to_json(const std::optional<LastExit>& exit) {
  if (!exit) return nullptr;
  return {{"code", or_null(exit->code)}, {"signal", or_null(exit->signal)}, {"oom", exit->oom}};
}

Json to_json(const Pressure& pressure) {
  return {{"memory", or_null(pressure.memory)}, {"cpu", or_null(pressure.cpu)}, {"io", or_null(pressure.io)}};
}

Json to_json(const std::vector<SocketStatus>& sockets) {
  Json list = Json::array();
  for (const SocketStatus& socket : sockets)
    list.push_back(Json{{"name", socket.name},
                        {"address", socket.address},
                        {"queue", or_null(socket.queue)},
                        {"backlog", or_null(socket.backlog)}});
  return list;
}

Json to_json(const StackStatus& stack) {
  return {{"name", stack.name},   {"verdict", stack.verdict},
          {"since", stack.since}, {"door", stack.door},
          {"why", stack.why},     {"changed_on_disk", or_null(stack.changed_on_disk)}};
}

Json to_json(const ServiceStatus& service) {
  Json object = {{"name", service.name},
                 {"phase", service.phase},
                 {"critical", service.critical},
                 {"pid", or_null(service.pid)},
                 {"run", service.run},
                 {"restarts", service.restarts},
                 {"since", service.since},
                 {"why", service.why},
                 {"memory_bytes", or_null(service.memory_bytes)},
                 {"memory_max_bytes", or_null(service.memory_max_bytes)},
                 {"cpu_usec", or_null(service.cpu_usec)},
                 {"tasks", or_null(service.tasks)},
                 {"last_exit", to_json(service.last_exit)},
                 {"pressure", to_json(service.pressure)},
                 {"sockets", to_json(service.sockets)},
                 {"status_text", service.status_text},
                 {"log_lines_dropped", service.log_lines_dropped},
                 {"last_lines", service.last_lines}};
  if (!service.explanation.empty()) object["explanation"] = holdfast::wire::to_json(service.explanation);
  return object;
}

Result<StackStatus> stack_from(const Json& value) {
  StackStatus stack;
  Fields fields(value);
  fields.need("name", stack.name);
  fields.need("verdict", stack.verdict);
  fields.need("since", stack.since);
  fields.need("door", stack.door);
  fields.need("why", stack.why);
  fields.may("changed_on_disk", stack.changed_on_disk);
  if (auto status = fields.finish(false); !status) return status.error().in("stack");
  return stack;
}

Result<LastExit> last_exit_from(const Json& value) {
  LastExit exit;
  Fields fields(value);
  fields.need("code", exit.code);
  fields.need("signal", exit.signal);
  fields.need("oom", exit.oom);
  if (auto status = fields.finish(false); !status) return status.error().in("last_exit");
  return exit;
}

Status read_pressure(Fields& fields, Pressure& pressure) {
  const Json* value = fields.look("pressure");
  if (value == nullptr) return Done{};
  Fields of(*value);
  of.need("memory", pressure.memory);
  of.need("cpu", pressure.cpu);
  of.need("io", pressure.io);
  if (auto status = of.finish(false); !status) return status.error().in("pressure");
  return Done{};
}

Result<SocketStatus> socket_from(const Json& value) {
  SocketStatus socket;
  Fields fields(value);
  fields.need("name", socket.name);
  fields.need("address", socket.address);
  fields.need("queue", socket.queue);
  fields.need("backlog", socket.backlog);
  if (auto status = fields.finish(false); !status) return status.error().in("sockets");
  return socket;
}

void read_numbers(Fields& fields, ServiceStatus& service) {
  fields.need("pid", service.pid);
  fields.need("run", service.run);
  fields.need("restarts", service.restarts);
  fields.need("memory_bytes", service.memory_bytes);
  fields.need("memory_max_bytes", service.memory_max_bytes);
  fields.need("cpu_usec", service.cpu_usec);
  fields.need("tasks", service.tasks);
  fields.may("log_lines_dropped", service.log_lines_dropped);
}

Status read_explanation(Fields& fields, std::vector<ExplainLine>& out) {
  const Json* value = fields.look("explanation");
  if (value == nullptr) return Done{};
  auto lines = explanation_from(*value);
  if (!lines) return lines.error();
  out = std::move(lines).value();
  return Done{};
}

Result<ServiceStatus> service_from(const Json& value) {
  ServiceStatus service;
  Fields fields(value);
  fields.need("name", service.name);
  fields.need("phase", service.phase);
  fields.need("critical", service.critical);
  fields.need("since", service.since);
  fields.need("why", service.why);
  fields.may("status_text", service.status_text);
  fields.may("last_lines", service.last_lines);
  read_numbers(fields, service);
  if (auto status = read_pressure(fields, service.pressure); !status) return status.error().in("services");
  if (fields.look("sockets") != nullptr)
    if (auto status = read_list(fields, "sockets", service.sockets, socket_from); !status)
      return status.error().in("services");
  if (auto status = read_explanation(fields, service.explanation); !status) return status.error();
  if (const Json* exit = fields.look("last_exit"); exit != nullptr && !exit->is_null()) {
    auto last = last_exit_from(*exit);
    if (!last) return last.error().in("services");
    service.last_exit = std::move(last).value();
  }
  if (auto status = fields.finish(false); !status) return status.error().in("services");
  return service;
}

Json to_json(const std::vector<VolumeStatus>& volumes) {
  Json list = Json::array();
  for (const VolumeStatus& volume : volumes)
    list.push_back(Json{{"name", volume.name},
                        {"path", volume.path},
                        {"state", volume.state},
                        {"why", volume.why},
                        {"source", volume.source},
                        {"type", volume.type},
                        {"marker", volume.marker},
                        {"free_bytes", or_null(volume.free_bytes)},
                        {"size_bytes", or_null(volume.size_bytes)},
                        {"used_by", volume.used_by}});
  return list;
}

Result<VolumeStatus> volume_from(const Json& value) {
  VolumeStatus volume;
  Fields fields(value);
  fields.need("name", volume.name);
  fields.need("path", volume.path);
  fields.need("state", volume.state);
  fields.may("why", volume.why);
  fields.may("source", volume.source);
  fields.may("type", volume.type);
  fields.may("marker", volume.marker);
  fields.need("free_bytes", volume.free_bytes);
  fields.need("size_bytes", volume.size_bytes);
  fields.may("used_by", volume.used_by);
  if (auto status = fields.finish(false); !status) return status.error().in("volumes");
  return volume;
}

} // namespace

Json to_json(const StatusView& view) {
  Json services = Json::array();
  for (const ServiceStatus& service : view.services)
    services.push_back(to_json(service));
  Json object = {{"time", view.time},
                 {"last_known", view.last_known},
                 {"stack", to_json(view.stack)},
                 {"services", std::move(services)},
                 {"volumes", to_json(view.volumes)},
                 {"certificates", Json::array()}};
  if (!view.explanation.empty()) object["explanation"] = to_json(view.explanation);
  return object;
}

Json to_json(const EventLine& event) {
  Json object = {{"time", event.time},
                 {"service", or_null(event.service)},
                 {"run", or_null(event.run)},
                 {"from", event.from},
                 {"to", event.to},
                 {"why", event.why},
                 {"took_ms", event.took_ms}};
  if (event.sequence) object["sequence"] = *event.sequence;
  return object;
}

Json to_json(const std::vector<ExplainLine>& lines) {
  Json list = Json::array();
  for (const ExplainLine& line : lines)
    list.push_back(Json{{"text", line.text}, {"since", or_null(line.since)}, {"depth", line.depth}});
  return list;
}

Result<std::vector<ExplainLine>> explanation_from(const Json& value) {
  if (!value.is_array()) return Error{"an explanation is not a list"};
  std::vector<ExplainLine> lines;
  for (const Json& element : value) {
    ExplainLine& line = lines.emplace_back();
    Fields fields(element);
    fields.need("text", line.text);
    fields.need("since", line.since);
    fields.need("depth", line.depth);
    if (auto status = fields.finish(false); !status) return status.error().in("explanation");
  }
  return lines;
}

Result<StatusView> status_from(const Json& value) {
  StatusView view;
  Fields fields(value);
  fields.may("time", view.time);
  fields.may("last_known", view.last_known);
  if (const Json* stack = fields.look("stack")) {
    auto read = stack_from(*stack);
    if (!read) return read.error();
    view.stack = std::move(read).value();
  } else {
    fields.fail("key \"stack\" is missing");
  }
  if (auto status = read_explanation(fields, view.explanation); !status) return status.error();
  if (auto status = read_list(fields, "services", view.services, service_from); !status)
    return status.error();
  if (fields.look("volumes") != nullptr)
    if (auto status = read_list(fields, "volumes", view.volumes, volume_from); !status) return status.error();
  if (auto status = fields.finish(false); !status) return status.error();
  return view;
}

Result<EventLine> event_from(const Json& value) {
  EventLine event;
  Fields fields(value);
  fields.need("time", event.time);
  fields.need("service", event.service);
  fields.need("run", event.run);
  fields.need("from", event.from);
  fields.need("to", event.to);
  fields.need("why", event.why);
  fields.need("took_ms", event.took_ms);
  fields.may("sequence", event.sequence);
  if (auto status = fields.finish(false); !status) return status.error().in("event");
  return event;
}

std::string encode_status(const StatusView& view) {
  return write_json(to_json(view));
}

std::string encode_volumes(const StatusView& view) {
  return write_json({{"last_known", view.last_known}, {"volumes", to_json(view.volumes)}});
}

std::string encode_event(const EventLine& event) {
  return write_json(to_json(event));
}

std::string encode_log_line(const LogLine& line) {
  return write_json({{"service", line.service}, {"line", line.line}});
}

std::string encode_explanation(const std::vector<ExplainLine>& lines, bool last_known) {
  return write_json({{"last_known", last_known}, {"lines", to_json(lines)}});
}

std::string encode_versions(const std::string& own, const std::optional<std::string>& daemon) {
  return write_json({{"version", own}, {"daemon", or_null(daemon)}});
}

Result<StatusView> decode_status(std::string_view text) {
  auto value = parse_object(text);
  if (!value) return value.error();
  return status_from(value.value());
}

Result<EventLine> decode_event(std::string_view text) {
  auto value = parse_object(text);
  if (!value) return value.error();
  return event_from(value.value());
}

} // namespace holdfast::wire
