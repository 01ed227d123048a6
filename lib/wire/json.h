#pragma once
// JSON as this floor reads and writes it. Only this floor's own sources include this header: what others see
// are the typed requests and replies.

#include "base/result.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::wire {

/// Keys stay in the order in which they are written, so that what people read has the order of the
/// documentation.
using Json = nlohmann::ordered_json;

constexpr int deepest_json = 8;

/// One JSON object. Refused: anything else, a key that stands twice, nesting deeper than deepest_json, bytes
/// that are not UTF-8. Never throws.
[[nodiscard]] Result<Json> parse_object(std::string_view text);

/// On one line, without a newline. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string write_json(const Json& value);

[[nodiscard]] bool read(const Json& value, bool& out);
[[nodiscard]] bool read(const Json& value, std::string& out);
[[nodiscard]] bool read(const Json& value, int& out);
[[nodiscard]] bool read(const Json& value, std::uint64_t& out);
[[nodiscard]] bool read(const Json& value, double& out);
[[nodiscard]] bool read(const Json& value, std::vector<std::string>& out);

template <typename T>
[[nodiscard]] bool read(const Json& value, std::optional<T>& out) {
  if (value.is_null()) return out.reset(), true;
  return read(value, out.emplace());
}

template <typename T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Reads the fields of one object and keeps the first mistake.
class Fields {
public:
  explicit Fields(const Json& object);

  /// The key must be there with the right type.
  template <typename T>
  void need(const char* key, T& out) {
    if (const Json* value = look(key))
      take(key, *value, out);
    else
      fail("key \"" + std::string(key) + "\" is missing");
  }

  /// The key may be missing; then `out` stays as it is.
  template <typename T>
  void may(const char* key, T& out) {
    if (const Json* value = look(key)) take(key, *value, out);
  }

  /// The value of a key, or null.
  [[nodiscard]] const Json* look(const char* key);
  void fail(std::string what);

  /// The first mistake, or success. `closed`: a key that nobody looked for is a mistake.
  [[nodiscard]] Status finish(bool closed) const;

private:
  template <typename T>
  void take(const char* key, const Json& value, T& out) {
    if (!read(value, out)) fail("key \"" + std::string(key) + "\" has the wrong type");
  }

  const Json& object_;
  std::set<std::string_view> looked_;
  std::string mistake_;
};

/// The key must be there with a list. `out` has what came before a mistake.
template <typename T>
[[nodiscard]] Status read_list(Fields& fields, const char* key, std::vector<T>& out,
                               Result<T> (*read_one)(const Json&)) {
  const Json* list = fields.look(key);
  if (list == nullptr || !list->is_array()) return Error{"key \"" + std::string(key) + "\" is not a list"};
  for (const Json& element : *list) {
    auto one = read_one(element);
    if (!one) return one.error();
    out.push_back(std::move(one).value());
  }
  return Done{};
}

} // namespace holdfast::wire
