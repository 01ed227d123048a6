#include "observer/json.h"

namespace holdfast::observer {

std::optional<Json> parse_json(std::string_view text) {
  bool is_too_deep = false;
  // Returning false makes the parser throw the value away, so that a flood of brackets builds nothing.
  const auto watch = [&](int depth, Json::parse_event_t event, const Json&) {
    if (event != Json::parse_event_t::object_start && event != Json::parse_event_t::array_start) return true;
    is_too_deep = is_too_deep || depth >= deepest_json;
    return !is_too_deep;
  };
  Json value = Json::parse(text, watch, false);
  if (is_too_deep || value.is_discarded()) return std::nullopt;
  return value;
}

const Json& value_at(const Json& object, const char* key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

std::string text_at(const Json& object, const char* key) {
  const Json& value = value_at(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::optional<std::uint64_t> number_at(const Json& object, const char* key) {
  const Json& value = value_at(object, key);
  if (!value.is_number_unsigned()) return std::nullopt;
  return value.get<std::uint64_t>();
}

bool is_true_at(const Json& object, const char* key) {
  const Json& value = value_at(object, key);
  return value.is_boolean() && value.get<bool>();
}

} // namespace holdfast::observer
