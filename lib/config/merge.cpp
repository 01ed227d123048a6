#include "config/merge.h"

#include "config/keys.h"
#include "config/network_probe.h"

#include <algorithm>

namespace holdfast::config {
namespace {

bool is_kind(std::string_view key) {
  return std::find(probe_kinds.begin(), probe_kinds.end(), key) != probe_kinds.end();
}

bool is_probe(std::string_view key) {
  return key == "ready" || key == "progress" || key == "live";
}

/// A probe has one kind: where `over` names one, it does not stand beside the one below, it takes its place,
/// and what was said about the one below goes with that where it means nothing to the other.
NodePtr without_kind(const NodePtr& under, const Node& over) {
  const bool names_kind =
      std::any_of(over.entries.begin(), over.entries.end(), [](const Entry& e) { return is_kind(e.key); });
  if (!names_kind) return under;
  auto rest = std::make_shared<Node>(*under);
  // Which exit codes are good is each program's own.
  const auto fits = [&over](const Entry& detail) {
    return std::all_of(over.entries.begin(), over.entries.end(), [&](const Entry& e) {
      return !is_kind(e.key) || may_stand_beside(detail.key, e.key);
    });
  };
  std::erase_if(rest->entries, [&](const Entry& e) { return is_kind(e.key) || e.key == "exit" || !fits(e); });
  return rest;
}

} // namespace

// Recursion is bounded: no tree is deeper than parse.h's `deepest`.
NodePtr merge(const NodePtr& under, const NodePtr& over) {
  if (under->kind != Kind::map || over->kind != Kind::map) return over;
  auto merged = std::make_shared<Node>(*under);
  merged->place = over->place;
  for (const Entry& entry : over->entries) {
    const auto same = std::find_if(merged->entries.begin(), merged->entries.end(),
                                   [&](const Entry& e) { return e.key == entry.key; });
    if (same == merged->entries.end()) {
      merged->entries.push_back(entry);
      continue;
    }
    const NodePtr below = is_probe(entry.key) ? without_kind(same->value, *entry.value) : same->value;
    *same = {entry.key, entry.place, merge(below, entry.value)};
  }
  return merged;
}

} // namespace holdfast::config
