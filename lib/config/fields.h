#pragma once

#include "config/check.h"
#include "config/tree.h"
#include "config/values.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

/// Reads the values of a section into the fields of a spec. A field whose key is missing, or was refused by
/// the checks, keeps its value; a section that is not there is an empty one.
class Fields {
public:
  explicit Fields(const Node* section) : section_(section) {}

  [[nodiscard]] const Node* node(std::string_view key) const {
    return section_ == nullptr ? nullptr : section_->value(key);
  }
  [[nodiscard]] Fields section(std::string_view key) const { return Fields(node(key)); }

  void text(std::string_view key, std::string& field) const {
    if (const Node* value = node(key); value != nullptr && value->kind == Kind::scalar) field = value->text;
  }

  void boolean(std::string_view key, bool& field) const {
    const Node* value = node(key);
    if (value != nullptr && core_type(*value) == CoreType::boolean)
      field = value->text.starts_with('t') || value->text.starts_with('T');
  }

  void program(std::string_view key, std::vector<std::string>& field) const {
    if (const Node* value = node(key)) field = words_of(*value);
  }

  template <typename Field, typename T>
  void parsed(std::string_view key, Field& field, Parsed<T> (*parse)(std::string_view)) const {
    const Node* value = node(key);
    if (value == nullptr || value->kind != Kind::scalar) return;
    const auto result = parse(value->text);
    if (const T* good = std::get_if<T>(&result)) field = static_cast<Field>(*good);
  }

  void duration(std::string_view key, Duration& field) const { parsed(key, field, parse_duration); }

  void integer(std::string_view key, unsigned& field) const { parsed(key, field, parse_integer); }

  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> all;
    if (const Node* list = node(key))
      for (const NodePtr& item : list->items)
        all.push_back(item->text);
    return all;
  }

  /// One T for each element of a list of sections.
  template <typename T, typename Read>
  [[nodiscard]] std::vector<T> each(std::string_view key, Read read) const {
    std::vector<T> all;
    if (const Node* list = node(key))
      for (const NodePtr& item : list->items)
        all.push_back(read(Fields(item.get())));
    return all;
  }

private:
  const Node* section_;
};

} // namespace holdfast::config
