#include "schema_of_keys.h"

#include "config/keys.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace holdfast::test {
namespace {

using namespace config;
using Json = nlohmann::ordered_json;

constexpr const char* time_pattern = "[0-9]+(ms|s|m|h|d)";

Json text(const std::string& pattern) {
  return {{"type", "string"}, {"pattern", "^" + pattern + "$"}};
}

Json integer(const Key& key) {
  Json schema = {{"type", "integer"}, {"minimum", key.least}};
  if (key.most != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = key.most;
  return schema;
}

Json choice(const Key& key) {
  Json words = Json::array();
  for (const Choice& one : key.choices)
    words.push_back(one.word);
  return {{"enum", words}};
}

Json program() {
  const Json words = {
      {"type", "array"}, {"minItems", 1}, {"items", {{"type", {"string", "number", "boolean"}}}}};
  return {{"anyOf", {{{"type", "string"}, {"pattern", "^\\s*[\"']?/"}}, words}}};
}

Json section_schema(const Section& section);

Json one(const Key& key) {
  switch (key.type) {
  case Type::section: return section_schema(*key.section);
  case Type::any: return Json::object();
  case Type::text:
  case Type::line:
  case Type::expression: return {{"type", "string"}, {"minLength", 1}};
  case Type::word: return {{"type", {"string", "number", "boolean"}}};
  case Type::name: return text("[a-z][a-z0-9-]{0,62}");
  case Type::user: return text("[A-Za-z_][A-Za-z0-9_.-]{0,31}");
  case Type::path: return text("/.*");
  case Type::url: return text("https?://.+");
  case Type::address: return text("(unix:/.+|.+:[0-9]+)");
  case Type::host_port: return text(".+:[0-9]+");
  case Type::boolean: return {{"type", "boolean"}};
  case Type::yes: return {{"const", true}};
  case Type::integer: return integer(key);
  case Type::decimal: return {{"type", "number"}, {"exclusiveMinimum", 0}};
  case Type::size: return text("[0-9]+(KiB|MiB|GiB|TiB)");
  case Type::duration: return text(time_pattern);
  case Type::share: return text("[0-9]+%");
  case Type::count: return text(std::string("[0-9]+ in ") + time_pattern);
  case Type::mode: return {{"type", {"integer", "string"}}, {"pattern", "^[0-7]{3,4}$"}};
  case Type::signal: return text("SIG[A-Z0-9]+");
  case Type::capability: return text("CAP_[A-Z_]+");
  case Type::unit: return text("[A-Za-z0-9:_.@\\\\-]+\\.(service|socket|timer|path|target)");
  case Type::program: return program();
  case Type::choice: return choice(key);
  }
  return {};
}

std::string name_pattern(NameRule rule) {
  switch (rule) {
  case NameRule::name: return "^[a-z][a-z0-9-]{0,62}$";
  case NameRule::variable: return "^[A-Za-z_][A-Za-z0-9_]*$";
  case NameRule::parameter: return "^[a-z][a-z0-9_]{0,62}$";
  case NameRule::free: return ".";
  }
  return ".";
}

Json map_of(const Key& key) {
  return {{"type", "object"},
          {"propertyNames", {{"pattern", name_pattern(key.names)}}},
          {"additionalProperties", one(key)}};
}

Json shaped(const Key& key) {
  switch (key.shape) {
  case Shape::one: return one(key);
  case Shape::list: return {{"type", "array"}, {"items", one(key)}};
  case Shape::map: return map_of(key);
  case Shape::map_or_names:
    return {{"anyOf", {map_of(key), {{"type", "array"}, {"items", text("[a-z][a-z0-9-]{0,62}")}}}}};
  }
  return {};
}

Json described(const Key& key) {
  Json schema = {{"description", std::string(key.about) + (key.supported ? "" : " (not supported yet)")}};
  schema.update(shaped(key));
  return schema;
}

bool is_probe(const Section& section) {
  return &section == &ready_keys || &section == &progress_keys || &section == &live_keys;
}

Json section_schema(const Section& section) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const Key& key : section.keys) {
    schema["properties"][std::string(key.name)] = described(key);
    if (key.required) required.push_back(key.name);
  }
  if (!required.empty()) schema["required"] = required;
  if (is_probe(section))
    for (const std::string_view kind : probe_kinds)
      schema["oneOf"].push_back({{"required", {kind}}});
  return schema;
}

} // namespace

std::string schema_of_keys() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "holdfast.yaml"},
                 {"description", "Configuration of Holdfast; see holdfast.yaml(5)."}};
  schema.update(section_schema(stack_file));
  return schema.dump(1) + "\n";
}

} // namespace holdfast::test
