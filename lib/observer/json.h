#pragma once
// JSON that peers answer with: bounded in depth, never thrown over, and read without trust in its shape.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::observer {

using Json = nlohmann::json;

constexpr int deepest_json = 32;

/// Nothing where it is no JSON, or nested deeper than deepest_json.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text);

/// The value of an object's key, or null where there is no object or no such key.
[[nodiscard]] const Json& value_at(const Json& object, const char* key);
/// Empty where there is no text.
[[nodiscard]] std::string text_at(const Json& object, const char* key);
/// Nothing where there is no whole number from 0 up.
[[nodiscard]] std::optional<std::uint64_t> number_at(const Json& object, const char* key);
[[nodiscard]] bool is_true_at(const Json& object, const char* key);

} // namespace holdfast::observer
