#include "config/preset.h"

#include "config/check.h"
#include "config/keys.h"
#include "config/merge.h"
#include "config/parse.h"
#include "config/substitute.h"
#include "config/suggest.h"
#include "config/values.h"

#include <algorithm>
#include <filesystem>

namespace holdfast::config {
namespace {

bool is_map(const Node* node) {
  return node != nullptr && node->kind == Kind::map;
}

/// The values of a preset's parameters: their defaults, over which the service's `with` is laid.
class Parameters {
public:
  Parameters(const Node& preset, const Node& service, std::string path, Report& report)
      : declared_(preset.value("parameters")), service_(service), path_(std::move(path)), report_(report) {}

  std::map<std::string, std::string> values(const Place& place) {
    std::map<std::string, std::string> values;
    if (is_map(declared_)) defaults(values);
    if (const Node* with = service_.value("with"); is_map(with)) overrides(*with, values);
    if (is_map(declared_)) missing(place);
    return values;
  }

private:
  void defaults(std::map<std::string, std::string>& values) const {
    for (const Entry& parameter : declared_->entries) {
      const Node* value = parameter.value->value("default");
      values[parameter.key] = value == nullptr ? std::string() : value->text;
    }
  }

  void overrides(const Node& with, std::map<std::string, std::string>& values) {
    for (const Entry& entry : with.entries) {
      if (is_map(declared_) && declared_->find(entry.key) != nullptr)
        values[entry.key] = entry.value->text;
      else
        unknown(entry);
    }
  }

  void unknown(const Entry& entry) {
    std::vector<std::string_view> names;
    if (is_map(declared_))
      for (const Entry& parameter : declared_->entries)
        names.push_back(parameter.key);
    report_.error(entry.place, below(below(path_, "with"), entry.key),
                  {"the preset has no parameter " + in_quotes(entry.key), did_you_mean(entry.key, names)});
  }

  void missing(const Place& place) {
    const Node* with = service_.value("with");
    for (const Entry& parameter : declared_->entries) {
      const bool given = with != nullptr && with->find(parameter.key) != nullptr;
      if (given || parameter.value->find("default") != nullptr) continue;
      const Node* about = parameter.value->value("about");
      report_.error(place, below(below(path_, "with"), parameter.key),
                    {"the preset's parameter " + in_quotes(parameter.key) + " has no value",
                     "give it under `with`" + (about == nullptr ? "" : ": " + about->text)});
    }
  }

  const Node* declared_;
  const Node& service_;
  std::string path_;
  Report& report_;
};

class Expander {
public:
  Expander(PresetLibrary& presets, Report& report) : presets_(presets), report_(report) {}

  Expanded expand(const NodePtr& tree) {
    const Node* services = tree->value("services");
    if (!is_map(services)) return {tree, {}, {}};
    auto expanded = std::make_shared<Node>(*services);
    for (Entry& service : expanded->entries)
      service.value = expand_service(service);
    return {with_services(*tree, std::move(expanded)), std::move(incomplete_), std::move(parameters_)};
  }

private:
  static NodePtr with_services(const Node& tree, NodePtr services) {
    auto whole = std::make_shared<Node>(tree);
    const auto at = std::find_if(whole->entries.begin(), whole->entries.end(),
                                 [](const Entry& e) { return e.key == "services"; });
    at->value = std::move(services);
    return whole;
  }

  NodePtr expand_service(const Entry& service) {
    const std::string path = below("services", service.key);
    const Node* name = service.value->value("preset");
    if (name == nullptr) {
      if (const Entry* with = service.value->find("with"))
        report_.error(with->place, below(path, "with"), {"\"with\" without a preset", {}});
      return service.value;
    }
    NodePtr based = lay_on_preset(service, *name, path);
    if (based) return based;
    incomplete_.insert(service.key);
    return service.value;
  }

  NodePtr lay_on_preset(const Entry& service, const Node& name, const std::string& path) {
    // A bad name is told by the check of the keys.
    if (core_type(name) != CoreType::text || !check_name(name.text).none()) return nullptr;
    const NodePtr preset = presets_.find(name.text, name.place, below(path, "preset"));
    const Node* base = preset ? preset->value("service") : nullptr;
    if (!is_map(base)) return nullptr;
    const std::size_t before = report_.errors();
    const auto values = Parameters(*preset, *service.value, path, report_).values(name.place);
    if (report_.errors() != before) return nullptr;
    parameters_[service.key] = values;
    return merge(substitute(std::make_shared<Node>(*base), values, path, report_), service.value);
  }

  PresetLibrary& presets_;
  Report& report_;
  std::set<std::string> incomplete_;
  std::map<std::string, std::map<std::string, std::string>> parameters_;
};

} // namespace

PresetLibrary::PresetLibrary(std::vector<std::string> directories, FileSystem& system, Report& report)
    : directories_(std::move(directories)), system_(system), report_(report) {}

std::optional<std::string> PresetLibrary::file_of(const std::string& name) const {
  for (const std::string& directory : directories_) {
    std::string file = directory + "/" + name + ".yaml";
    if (system_.has(file)) return file;
  }
  return std::nullopt;
}

bool PresetLibrary::has(const std::string& name) const {
  return file_of(name).has_value();
}

NodePtr PresetLibrary::find(const std::string& name, const Place& place, const std::string& path) {
  if (const auto known = loaded_.find(name); known != loaded_.end()) return known->second;
  const auto file = file_of(name);
  if (!file) {
    report_.error(place, path, {"unknown preset " + in_quotes(name), hint(name)});
    return nullptr;
  }
  return loaded_[name] = load(*file);
}

NodePtr PresetLibrary::load(const std::string& file) {
  auto source = system_.read(file);
  if (!source) {
    report_.file_error(file, source.error().what);
    return nullptr;
  }
  const std::size_t before = report_.errors();
  NodePtr tree = parse(source.value(), report_);
  if (!tree) return nullptr;
  if (tree->kind != Kind::map) report_.error(tree->place, {}, {"a preset is a map of keys", {}});
  check_section(*tree, preset_file, {}, report_);
  const Node* service = tree->value("service");
  if (service != nullptr && service->kind != Kind::map)
    report_.error(service->place, "service", {"expected keys of a service", {}});
  for (const char* key : {"preset", "with"})
    if (const Entry* nested = service == nullptr ? nullptr : service->find(key))
      report_.error(nested->place, below("service", key),
                    {in_quotes(key) + " cannot be used in a preset", {}});
  return report_.errors() == before ? tree : nullptr;
}

std::string PresetLibrary::hint(const std::string& name) const {
  std::vector<std::string> names;
  for (const std::string& directory : directories_)
    if (const auto found = system_.names_in(directory))
      for (const std::string& file : found.value())
        if (const std::filesystem::path path = file; path.extension() == ".yaml")
          names.push_back(path.stem().string());
  std::sort(names.begin(), names.end());
  return did_you_mean(name, {names.begin(), names.end()});
}

Expanded expand_presets(const NodePtr& tree, PresetLibrary& presets, Report& report) {
  return Expander(presets, report).expand(tree);
}

} // namespace holdfast::config
