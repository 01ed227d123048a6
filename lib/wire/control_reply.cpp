#include "wire/control.h"

#include "wire/json.h"
#include "wire/plan_json.h"
#include "wire/status_json.h"

#include <utility>

namespace holdfast::wire {
namespace {

struct ToJson {
  Json operator()(const Progress& reply) const { return {{"reply", "progress"}, {"text", reply.text}}; }
  Json operator()(const Finished& reply) const { return {{"reply", "done"}, {"text", reply.text}}; }
  Json operator()(const Refused& reply) const { return {{"reply", "error"}, {"text", reply.text}}; }
  Json operator()(const StatusView& reply) const { return {{"reply", "status"}, {"status", to_json(reply)}}; }
  Json operator()(const EventLine& reply) const { return {{"reply", "event"}, {"event", to_json(reply)}}; }
  Json operator()(const LogPlaces& reply) const {
    return {{"reply", "logs"}, {"directory", reply.directory}, {"services", reply.services}};
  }
  Json operator()(const DaemonVersion& reply) const {
    return {{"reply", "version"}, {"version", reply.version}};
  }
  Json operator()(const PlanView& reply) const { return {{"reply", "plan"}, {"plan", to_json(reply)}}; }
  Json operator()(const Explanation& reply) const {
    return {{"reply", "explanation"}, {"lines", to_json(reply.lines)}};
  }
};

template <typename Reply>
Result<ControlReply> as_reply(Result<Reply> reply) {
  if (!reply) return reply.error();
  return ControlReply(std::move(reply).value());
}

template <typename Reply>
Result<ControlReply> text_reply(Fields& fields) {
  Reply reply;
  fields.need("text", reply.text);
  if (auto status = fields.finish(false); !status) return status.error();
  return ControlReply(std::move(reply));
}

Result<ControlReply> logs_reply(Fields& fields) {
  LogPlaces reply;
  fields.need("directory", reply.directory);
  fields.need("services", reply.services);
  if (auto status = fields.finish(false); !status) return status.error();
  // The names become parts of paths on the reader's side.
  for (const std::string& service : reply.services)
    if (!is_service_name(service)) return Error{"a service name outside the grammar"};
  return ControlReply(std::move(reply));
}

Result<ControlReply> explanation_reply(const Json& value) {
  auto lines = explanation_from(value);
  if (!lines) return lines.error();
  return ControlReply(Explanation{std::move(lines).value()});
}

Result<ControlReply> version_reply(Fields& fields) {
  DaemonVersion reply;
  fields.need("version", reply.version);
  if (auto status = fields.finish(false); !status) return status.error();
  return ControlReply(std::move(reply));
}

} // namespace

std::string encode(const ControlReply& reply) {
  std::string line = write_json(std::visit(ToJson{}, reply));
  if (line.size() <= longest_reply) return line;
  return encode(
      ControlReply(Refused{"the answer is longer than " + std::to_string(longest_reply) + " bytes"}));
}

Result<ControlReply> decode_reply(std::string_view line) {
  if (line.size() > longest_reply) return Error{"the answer is too long"};
  auto object = parse_object(line);
  if (!object) return object.error();
  Fields fields(object.value());
  std::string kind;
  fields.need("reply", kind);
  if (kind == "progress") return text_reply<Progress>(fields);
  if (kind == "done") return text_reply<Finished>(fields);
  if (kind == "error") return text_reply<Refused>(fields);
  if (kind == "logs") return logs_reply(fields);
  if (kind == "version") return version_reply(fields);
  const Json* status = fields.look("status");
  if (kind == "status" && status != nullptr) return as_reply(status_from(*status));
  const Json* event = fields.look("event");
  if (kind == "event" && event != nullptr) return as_reply(event_from(*event));
  const Json* plan = fields.look("plan");
  if (kind == "plan" && plan != nullptr) return as_reply(plan_from(*plan));
  const Json* lines = fields.look("lines");
  if (kind == "explanation" && lines != nullptr) return explanation_reply(*lines);
  return Error{"an answer of an unknown kind"};
}

} // namespace holdfast::wire
