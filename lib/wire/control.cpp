#include "wire/control.h"

#include "wire/json.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace holdfast::wire {
namespace {

constexpr std::array all_verbs = {
    ControlVerb::status, ControlVerb::start,   ControlVerb::stop,  ControlVerb::restart, ControlVerb::events,
    ControlVerb::logs,   ControlVerb::version, ControlVerb::plan,  ControlVerb::reload,  ControlVerb::door,
    ControlVerb::task,   ControlVerb::explain, ControlVerb::adopt, ControlVerb::upgrade};

/// Which keys a verb has besides "verb".
struct Keys {
  bool services = false;
  bool wait = false;
  bool follow = false;
  bool last = false;
  bool sequence = false;
  bool open = false;
  bool volume = false;
  bool id = false;
  bool accepted = false;
};

Keys keys_of(ControlVerb verb) {
  switch (verb) {
  case ControlVerb::status: return {.follow = true};
  case ControlVerb::start:
  case ControlVerb::stop:
  case ControlVerb::restart:
  case ControlVerb::task: return {.services = true, .wait = true, .id = true, .accepted = true};
  case ControlVerb::events: return {.follow = true, .last = true, .sequence = true};
  case ControlVerb::logs:
  case ControlVerb::explain: return {.services = true};
  case ControlVerb::version:
  case ControlVerb::plan: return {};
  case ControlVerb::reload: return {.wait = true, .id = true, .accepted = true};
  case ControlVerb::door: return {.open = true, .id = true, .accepted = true};
  case ControlVerb::adopt: return {.volume = true, .id = true};
  case ControlVerb::upgrade: return {.id = true, .accepted = true};
  }
  return {};
}

std::optional<ControlVerb> verb_of(std::string_view name) {
  const auto* const found =
      std::find_if(all_verbs.begin(), all_verbs.end(), [&](ControlVerb verb) { return word(verb) == name; });
  if (found == all_verbs.end()) return {};
  return *found;
}

/// A word of the other side's that is repeated in an answer: short, and nothing but printable ASCII.
std::string in_quotes(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 64))
    shown += c >= ' ' && c <= '~' && c != '"' ? c : '?';
  return "\"" + shown + "\"";
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_name_char(char c) {
  return is_lower(c) || (c >= '0' && c <= '9') || c == '-';
}

} // namespace

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && is_lower(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_char);
}

std::string_view word(ControlVerb verb) {
  switch (verb) {
  case ControlVerb::status: return "status";
  case ControlVerb::start: return "start";
  case ControlVerb::stop: return "stop";
  case ControlVerb::restart: return "restart";
  case ControlVerb::events: return "events";
  case ControlVerb::logs: return "logs";
  case ControlVerb::version: return "version";
  case ControlVerb::plan: return "plan";
  case ControlVerb::reload: return "reload";
  case ControlVerb::door: return "door";
  case ControlVerb::task: return "task";
  case ControlVerb::explain: return "explain";
  case ControlVerb::adopt: return "adopt";
  case ControlVerb::upgrade: return "upgrade";
  }
  return "";
}

std::string encode(const ControlRequest& request) {
  const Keys keys = keys_of(request.verb);
  Json object = {{"verb", word(request.verb)}};
  if (keys.services) object["services"] = request.services;
  if (keys.wait) object["wait"] = request.wait;
  if (keys.follow) object["follow"] = request.follow;
  if (keys.last) object["last"] = request.last;
  if (keys.open) object["open"] = request.open;
  if (keys.volume) object["volume"] = request.volume;
  if (keys.sequence && request.sequence != 0) object["sequence"] = request.sequence;
  if (keys.id && request.id != 0) object["id"] = request.id;
  if (keys.accepted && request.accepted) object["accepted"] = true;
  return write_json(object);
}

Result<ControlRequest> decode_request(std::string_view line) {
  if (line.size() > longest_request) return Error{"the request is too long"};
  auto object = parse_object(line);
  if (!object) return object.error();
  Fields fields(object.value());
  std::string name;
  fields.need("verb", name);
  const auto verb = verb_of(name);
  if (!verb && !name.empty()) return Error{"unknown verb " + in_quotes(name)};

  ControlRequest request{.verb = verb.value_or(ControlVerb::status)};
  const Keys keys = keys_of(request.verb);
  if (keys.services) fields.may("services", request.services);
  if (keys.wait) fields.may("wait", request.wait);
  if (keys.follow) fields.may("follow", request.follow);
  if (keys.last) fields.may("last", request.last);
  if (keys.open) fields.need("open", request.open);
  if (keys.volume) fields.need("volume", request.volume);
  if (keys.sequence) fields.may("sequence", request.sequence);
  if (keys.id) fields.may("id", request.id);
  if (keys.accepted) fields.may("accepted", request.accepted);
  if (auto status = fields.finish(true); !status) return status.error();
  if (!verb) return Error{"key \"verb\" is empty"};
  for (const std::string& service : request.services)
    if (!is_service_name(service)) return Error{in_quotes(service) + " is not a service name"};
  // Volumes are named as services are.
  if (keys.volume && !is_service_name(request.volume))
    return Error{in_quotes(request.volume) + " is not the name of a volume"};
  if (request.accepted && request.id == 0) return Error{"what was accepted has an id"};
  if (*verb == ControlVerb::task && request.services.size() != 1) return Error{"a task is one service"};
  if (*verb == ControlVerb::explain && request.services.size() > 1)
    return Error{"one service is explained at a time"};
  return request;
}

} // namespace holdfast::wire
