#include "config/tree.h"

#include <algorithm>

namespace holdfast::config {
namespace {

bool all_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

bool is_integer(std::string_view text) {
  if (text.starts_with("0o")) return all_of(text.substr(2), "01234567");
  if (text.starts_with("0x")) return all_of(text.substr(2), "0123456789abcdefABCDEF");
  return all_of(without_sign(text), digits);
}

bool is_special_real(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  text = without_sign(text);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

bool is_real(std::string_view text) {
  if (is_special_real(text)) return true;
  text = without_sign(text);
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos && !all_of(without_sign(text.substr(exponent + 1)), digits))
    return false;
  const std::string_view mantissa = text.substr(0, exponent);
  const std::size_t point = mantissa.find('.');
  if (point == std::string_view::npos) return all_of(mantissa, digits);
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction = mantissa.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  return (whole.empty() || all_of(whole, digits)) && (fraction.empty() || all_of(fraction, digits));
}

bool is_boolean(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
         text == "FALSE";
}

CoreType scalar_type(const Node& node) {
  if (!node.plain) return CoreType::text;
  if (is_boolean(node.text)) return CoreType::boolean;
  if (is_integer(node.text)) return CoreType::integer;
  if (is_real(node.text)) return CoreType::real;
  return CoreType::text;
}

} // namespace

const Entry* Node::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const Node* Node::value(std::string_view key) const {
  const Entry* entry = find(key);
  return entry == nullptr ? nullptr : entry->value.get();
}

CoreType core_type(const Node& node) {
  switch (node.kind) {
  case Kind::null:
  case Kind::broken: return CoreType::null;
  case Kind::scalar: return scalar_type(node);
  case Kind::list: return CoreType::list;
  case Kind::map: return CoreType::map;
  }
  return CoreType::null;
}

std::string_view described(CoreType type) {
  switch (type) {
  case CoreType::null: return "nothing";
  case CoreType::boolean: return "a boolean";
  case CoreType::integer:
  case CoreType::real: return "a number";
  case CoreType::text: return "text";
  case CoreType::list: return "a list";
  case CoreType::map: return "keys";
  }
  return "nothing";
}

} // namespace holdfast::config
