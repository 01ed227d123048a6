#pragma once
// Presets: what is known of a program, as data. configuration.md, "A preset".

#include "config/file_system.h"
#include "config/report.h"
#include "config/tree.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::config {

/// The presets of some directories, each read once.
class PresetLibrary {
public:
  PresetLibrary(std::vector<std::string> directories, FileSystem& system, Report& report);

  /// The tree of NAME.yaml, or nullptr where there is none that can be used: then that has been told, at
  /// `place` where no file has that name.
  [[nodiscard]] NodePtr find(const std::string& name, const Place& place, const std::string& path);

  [[nodiscard]] bool has(const std::string& name) const;

private:
  [[nodiscard]] std::optional<std::string> file_of(const std::string& name) const;
  [[nodiscard]] NodePtr load(const std::string& file);
  [[nodiscard]] std::string hint(const std::string& name) const;

  std::vector<std::string> directories_;
  FileSystem& system_;
  Report& report_;
  std::map<std::string, NodePtr> loaded_;
};

struct Expanded {
  NodePtr tree;
  std::set<std::string> incomplete; ///< services whose preset could not be used: what they lack is no mistake
  /// By service: the values of its preset's parameters.
  std::map<std::string, std::map<std::string, std::string>> parameters;
};

/// The tree of the whole configuration with each service laid on its preset.
[[nodiscard]] Expanded expand_presets(const NodePtr& tree, PresetLibrary& presets, Report& report);

} // namespace holdfast::config
