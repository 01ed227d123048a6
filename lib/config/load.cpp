#include "config/load.h"
#include "config/canary.h"

#include "config/build.h"
#include "config/check.h"
#include "config/fields.h"
#include "config/file_system.h"
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
  Files(FileSystem& system, Report& report) : system_(system), report_(report) {}

  /// Nothing where one of them could not be used: what is merged would lack what it says.
  NodePtr read(const std::string& main) {
    add(main);
    for (const std::string& part : parts(fs::path(main).parent_path() / "stack.d"))
      add(part);
    return whole_ ? merged_ : nullptr;
  }

  /// What could be used of them.
  [[nodiscard]] NodePtr usable() const { return merged_; }

private:
  std::vector<std::string> parts(const fs::path& directory) {
    const auto names = system_.names_in(directory.string());
    if (!names) {
      report_.file_error(directory.string(), "cannot be read: " + names.error().what);
      whole_ = false;
      return {};
    }
    std::vector<std::string> parts;
    for (const std::string& name : names.value()) {
      const fs::path file = directory / name;
      const Part part = part_of(file);
      if (part == Part::yes) parts.push_back(file.string());
      if (part == Part::no)
        report_.warning({std::make_shared<Source>(Source{.path = file.string(), .text = {}}), 0, 0, 1}, {},
                        {"not read: its name does not end in .yaml", {}});
    }
    return parts;
  }

  void add(const std::string& file) {
    auto source = system_.read(file);
    if (!source) {
      report_.file_error(file, source.error().what);
      whole_ = false;
      return;
    }
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

  FileSystem& system_;
  Report& report_;
  NodePtr merged_;
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
  check_logging(*expanded.tree, stack, report);
  check_services(expanded, stack, options, report);
  check_live_targets(expanded, report);
  check_volumes(*expanded.tree, report);
  resolve_conditions(*expanded.tree, stack, report);
  check_sockets(*expanded.tree, report);
  check_log_files(*expanded.tree, stack, report);
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

/// All of `Loaded` but the diagnostics and what was kept.
Loaded load_from(FileSystem& system, const LoadOptions& options, Report& report) {
  Loaded loaded;
  const NodePtr tree = Files(system, report).read(options.file);
  if (!tree) return loaded;
  PresetLibrary presets(options.preset_directories, system, report);
  Compiled compiled = compile(tree, options, presets, report);
  if (report.errors() != 0) return loaded;
  loaded.stack = std::move(compiled.stack);
  loaded.tree = std::move(compiled.tree);
  return loaded;
}

KeptFiles with_options(KeptFiles kept, const LoadOptions& options) {
  kept.file = options.file;
  kept.preset_directories = options.preset_directories;
  kept.cpus = options.cpus;
  kept.root = options.root;
  kept.under_systemd = options.under_systemd;
  return kept;
}

LoadOptions options_of(const KeptFiles& kept) {
  LoadOptions options;
  options.file = kept.file;
  options.preset_directories = kept.preset_directories;
  options.look_at_machine = false;
  options.cpus = kept.cpus;
  options.root = kept.root;
  options.under_systemd = kept.under_systemd;
  return options;
}

} // namespace

Loaded load(const LoadOptions& options) {
  Report report;
  Disk disk;
  Loaded loaded = load_from(disk, options, report);
  loaded.kept = with_options(disk.take(), options);
  loaded.diagnostics = report.sorted(names_of(loaded.kept));
  return loaded;
}

Loaded load(const KeptFiles& kept) {
  Report report;
  Kept files(kept);
  Loaded loaded = load_from(files, options_of(kept), report);
  loaded.kept = kept;
  loaded.diagnostics = report.sorted(names_of(kept));
  return loaded;
}

Locations locate(const std::string& file) {
  Report ignored;
  Disk disk;
  Files files(disk, ignored);
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
