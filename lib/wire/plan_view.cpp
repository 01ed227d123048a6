#include "wire/plan_json.h"

#include <utility>

namespace holdfast::wire {
namespace {

Json to_json(const Mistake& mistake) {
  return {{"file", mistake.file},         {"line", mistake.line},  {"column", mistake.column},
          {"severity", mistake.severity}, {"path", mistake.path},  {"message", mistake.message},
          {"hint", mistake.hint},         {"shown", mistake.shown}};
}

Json to_json(const PlannedChange& change) {
  Json keys = Json::array();
  for (const KeyChange& key : change.keys)
    keys.push_back(Json{{"key", key.key}, {"from", key.from}, {"to", key.to}});
  return {{"service", change.service.empty() ? Json(nullptr) : Json(change.service)},
          {"effect", change.effect},
          {"why", change.why},
          {"keys", std::move(keys)}};
}

template <typename T>
Json list_of(const std::vector<T>& all) {
  Json list = Json::array();
  for (const T& one : all)
    list.push_back(to_json(one));
  return list;
}

Result<Mistake> mistake_from(const Json& value) {
  Mistake mistake;
  Fields fields(value);
  fields.need("file", mistake.file);
  fields.need("line", mistake.line);
  fields.need("column", mistake.column);
  fields.need("severity", mistake.severity);
  fields.need("path", mistake.path);
  fields.need("message", mistake.message);
  fields.need("hint", mistake.hint);
  fields.need("shown", mistake.shown);
  if (auto status = fields.finish(false); !status) return status.error().in("mistakes");
  return mistake;
}

Result<KeyChange> key_from(const Json& value) {
  KeyChange key;
  Fields fields(value);
  fields.need("key", key.key);
  fields.need("from", key.from);
  fields.need("to", key.to);
  if (auto status = fields.finish(false); !status) return status.error().in("keys");
  return key;
}

Result<PlannedChange> change_from(const Json& value) {
  PlannedChange change;
  Fields fields(value);
  std::optional<std::string> service;
  fields.need("service", service);
  change.service = service.value_or("");
  fields.need("effect", change.effect);
  fields.need("why", change.why);
  if (auto status = read_list(fields, "keys", change.keys, key_from); !status) return status.error();
  if (auto status = fields.finish(false); !status) return status.error().in("changes");
  return change;
}

} // namespace

Json to_json(const PlanView& view) {
  return {{"config", view.config},
          {"valid", view.valid},
          {"daemon", view.daemon},
          {"mistakes", list_of(view.mistakes)},
          {"changes", list_of(view.changes)}};
}

Result<PlanView> plan_from(const Json& value) {
  PlanView view;
  Fields fields(value);
  fields.need("config", view.config);
  fields.need("valid", view.valid);
  fields.need("daemon", view.daemon);
  if (auto status = read_list(fields, "mistakes", view.mistakes, mistake_from); !status)
    return status.error();
  if (auto status = read_list(fields, "changes", view.changes, change_from); !status) return status.error();
  if (auto status = fields.finish(false); !status) return status.error();
  return view;
}

std::string encode_plan(const PlanView& view) {
  return write_json(to_json(view));
}

} // namespace holdfast::wire
