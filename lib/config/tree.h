#pragma once
// The tree of a YAML file, each value with its place. Immutable: merging files and presets makes new nodes
// that share the old ones, so that a value keeps the place it came from.

#include "config/source.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

struct Entry {
  std::string key;
  Place place; ///< of the key
  NodePtr value;
};

enum class Kind : std::uint8_t {
  null,
  scalar,
  list,
  map,
  broken ///< what is wrong with it has been told; nothing more is said about it
};

struct Node {
  Kind kind = Kind::null;
  bool plain = false;              ///< a scalar without quotes: YAML 1.2 may see a number or a boolean in it
  std::string text = {};           ///< a scalar's
  std::vector<NodePtr> items = {}; ///< a list's
  std::vector<Entry> entries = {}; ///< a map's, in the order of the file
  Place place = {};

  /// The entry of a map; nullptr where it has none, and for what is no map.
  [[nodiscard]] const Entry* find(std::string_view key) const;
  /// Its value, or nullptr.
  [[nodiscard]] const Node* value(std::string_view key) const;
};

/// What YAML 1.2's core schema sees in a value.
enum class CoreType : std::uint8_t { null, boolean, integer, real, text, list, map };
[[nodiscard]] CoreType core_type(const Node& node);

/// "a number", "a list": for messages of the form "expected …, found …".
[[nodiscard]] std::string_view described(CoreType type);

} // namespace holdfast::config
