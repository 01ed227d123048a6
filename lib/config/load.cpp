#include "config/load.h"
#include "config/canary.h"

#include "config/build.h"
#include "config/check.h"
#include "config/fields.h"
#include "config/keys.h"
#include "config/merge.h"
#include "config/parse.h"
#include "config/preset.h"
#include "config/semantics.h"

#include <algorithm>
#include <filesystem>

namespace holdfast::config {
namespace {

namespace fs = std::filesystem;

/// Whether what is in stack.d is part of the configuration, by its name alone.
enum class Part : std::uint8_t { yes, no, hidden };

Part part_of(const fs::path& file) {
  if (file.filename().string().starts_with('.')) return Part::hidden;
  return file.extension() == ".yaml" ? Part::yes : Part::no;
}

/// Reads and merges the files of a configuration.
class Files {
public:
  explicit Files(Report& report) : report_(report) {}

  /// Nothing where one of them could not be used: what is merged would lack what it says.
  NodePtr read(const std::string& main) {
    add(main);
    for (const std::string& part : parts(fs::path(main).parent_path() / "stack.d"))
      add(part);
    return whole_ ? merged_ : nullptr;
  }

  /// What could be used of them.
  [[nodiscard]] NodePtr usable() const { return merged_; }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

private:
  std::vector<std::string> parts(const fs::path& directory) {
    std::vector<std::string> parts;
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
      const Part part = part_of(at->path());
      if (part == Part::yes) parts.push_back(at->path().string());
      if (part == Part::no)
        report_.warning({std::make_shared<Source>(Source{at->path().string(), {}}), 0, 0, 1}, {},
                        {"not read: its name does not end in .yaml", {}});
    }
    if (error && error != std::errc::no_such_file_or_directory) {
      report_.file_error(directory.string(), "cannot be read: " + error.message());
      whole_ = false;
    }
    std::sort(parts.begin(), parts.end());
    return parts;
  }

  void add(const std::string& file) {
    auto source = read_source(file);
    if (!source) {
      report_.file_error(file, source.error().what);
      whole_ = false;
      return;
    }
    names_.push_back(file);
    NodePtr tree = parse(source.value(), report_);
    if (tree && tree->kind != Kind::map && tree->kind != Kind::null) {
      report_.error(tree->place, {}, {"a configuration is a map of headings", "begin with `stack:`"});
      tree = nullptr;
    }
    if (!tree)
      whole_ = false;
    else if (tree->kind == Kind::map)
      merged_ = merged_ ? merge(merged_, tree) : tree;
    else if (!merged_)
      merged_ = std::make_shared<Node>(Node{.kind = Kind::map, .place = tree->place});
  }

  Report& report_;
  NodePtr merged_;
  std::vector<std::string> names_;
  bool whole_ = true;
};

struct Compiled {
  model::StackSpec stack;
  NodePtr tree;
};

Compiled compile(const NodePtr& tree, const LoadOptions& options, PresetLibrary& presets, Report& report) {
  const Expanded expanded = expand_presets(tree, presets, report);
  check_section(*expanded.tree, stack_file, {}, report);
  model::StackSpec stack = build_stack(*expanded.tree, options);
  check_stability(*expanded.tree, report);
  check_services(expanded, stack, options, report);
  check_live_targets(expanded, report);
  check_volumes(*expanded.tree, report);
  resolve_conditions(*expanded.tree, stack, report);
  check_listens(*expanded.tree, report);
  const bool ordered = resolve_needs(*expanded.tree, presets, stack, report);
  add_canary(*expanded.tree, stack, report);
  if (ordered) settle_bounds(*expanded.tree, stack, report);
  if (options.look_at_machine) look_at_machine(*expanded.tree, options, report);
  look_for_rivals(*expanded.tree, options.machine, report);
  look_at_conditions(*expanded.tree, stack, options.machine, report);
  return {std::move(stack), expanded.tree};
}

std::vector<std::string> volume_paths(const Node* volumes) {
  std::vector<std::string> paths;
  if (volumes == nullptr) return paths;
  for (const Entry& volume : volumes->entries) {
    std::string path;
    Fields(volume.value.get()).text("path", path);
    if (check_path(path).none()) paths.push_back(std::move(path));
  }
  return paths;
}

} // namespace

Loaded load(const LoadOptions& options) {
  Report report;
  Files files(report);
  Loaded loaded;
  const NodePtr tree = files.read(options.file);
  loaded.files = files.names();
  if (tree) {
    PresetLibrary presets(options.preset_directories, report);
    Compiled compiled = compile(tree, options, presets, report);
    if (report.errors() == 0) {
      loaded.stack = std::move(compiled.stack);
      loaded.tree = std::move(compiled.tree);
    }
    loaded.files.insert(loaded.files.end(), presets.files().begin(), presets.files().end());
  }
  loaded.diagnostics = report.sorted(loaded.files);
  return loaded;
}

Locations locate(const std::string& file) {
  Report ignored;
  Files files(ignored);
  static_cast<void>(files.read(file));
  const NodePtr tree = files.usable();
  const model::StackSpec defaults;
  const Fields whole(tree.get());
  Locations found{defaults.runtime, defaults.state, defaults.log_directory,
                  volume_paths(whole.section("persistence").node("volumes"))};
  whole.section("stack").text("runtime", found.runtime);
  whole.section("stack").text("state", found.state);
  whole.section("logging").text("directory", found.log_directory);
  return found;
}

} // namespace holdfast::config
