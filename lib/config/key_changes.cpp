#include "config/key_changes.h"

#include "config/characters.h"
#include "config/report.h"
#include "config/secret.h"

namespace holdfast::config {
namespace {

/// A longer value is cut.
constexpr std::size_t longest_shown = 400;

bool same(const Node& a, const Node& b);

bool same_entries(const std::vector<Entry>& a, const std::vector<Entry>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].key != b[i].key || !same(*a[i].value, *b[i].value)) return false;
  return true;
}

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i)
    if (!same(*a.items[i], *b.items[i])) return false;
  return same_entries(a.entries, b.entries);
}

/// As one would write it on one line.
std::string written(const Node& node) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  switch (node.kind) {
  case Kind::null:
  case Kind::broken: return "null";
  case Kind::scalar: return node.text.empty() ? "\"\"" : node.text;
  case Kind::list:
    for (const NodePtr& item : node.items)
      add(written(*item));
    return "[" + text + "]";
  case Kind::map:
    for (const Entry& entry : node.entries)
      add(entry.key + ": " + written(*entry.value));
    return "{" + text + "}";
  }
  return text;
}

std::string shown(const Node* node) {
  if (node == nullptr) return "not set";
  const std::string text = printable(written(*node));
  return text.size() <= longest_shown ? text : text.substr(0, longest_shown) + "...";
}

/// Any header may carry a secret, whatever its name.
bool holds_headers(const std::string& name) {
  return name == "headers";
}

/// `name` may say that it is a secret, and so may any word of the value, in a list too.
bool is_secret(const std::string& name, const Node* node) {
  if (node == nullptr) return false;
  if (may_be_secret(name, node->text)) return true;
  if (holds_headers(name) && !node->entries.empty()) return true;
  for (const NodePtr& item : node->items)
    if (is_secret({}, item.get())) return true;
  for (const Entry& entry : node->entries)
    if (is_secret(entry.key, entry.value.get())) return true;
  return false;
}

class Differ {
public:
  std::vector<wire::KeyChange> changes;

  // Recursion is bounded: no tree is deeper than parse.h's `deepest`.
  void compare(const Node* now, const Node* next, const std::string& path, const std::string& name,
               bool hidden = false) {
    if (now == next || (now != nullptr && next != nullptr && same(*now, *next))) return;
    const bool maps = is_map_or_none(now) && is_map_or_none(next);
    if (!maps) return add(now, next, path, hidden || is_secret(name, now) || is_secret(name, next));
    hidden = hidden || holds_headers(name);
    if (now != nullptr)
      for (const Entry& entry : now->entries)
        compare(entry.value.get(), value(next, entry.key), below(path, entry.key), entry.key, hidden);
    if (next != nullptr)
      for (const Entry& entry : next->entries)
        if (value(now, entry.key) == nullptr)
          compare(nullptr, entry.value.get(), below(path, entry.key), entry.key, hidden);
  }

private:
  static bool is_map_or_none(const Node* node) {
    return node == nullptr || (node->kind == Kind::map && !node->entries.empty());
  }
  static const Node* value(const Node* map, const std::string& key) {
    return map == nullptr ? nullptr : map->value(key);
  }

  void add(const Node* now, const Node* next, const std::string& path, bool hidden) {
    if (hidden)
      changes.push_back({.key = path, .from = {}, .to = {}});
    else
      changes.push_back({.key = path, .from = shown(now), .to = shown(next)});
  }
};

} // namespace

std::vector<wire::KeyChange> key_changes(const Node* now, const Node* next, const std::string& path) {
  Differ differ;
  differ.compare(now, next, path, {});
  return std::move(differ.changes);
}

} // namespace holdfast::config
