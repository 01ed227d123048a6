#include "config/host_setting.h"
#include "config/semantics.h"
#include "config/suggest.h"

#include <algorithm>
#include <set>

namespace holdfast::config {
namespace {

class Conditions {
public:
  Conditions(model::StackSpec& stack, Report& report) : stack_(stack), report_(report) {
    for (const model::VolumeSpec& volume : stack.volumes)
      stack.conditions.push_back({.kind = model::ConditionKind::volume, .name = volume.name});
  }

  void resolve(model::ServiceSpec& service, const Node& keys) {
    const std::string path = below("services", service.name);
    if (const Node* volumes = keys.value("volumes")) of_volumes(service, *volumes, below(path, "volumes"));
    if (const Node* host = keys.value("host")) of_host(service, *host, below(path, "host"));
  }

private:
  void of_volumes(model::ServiceSpec& service, const Node& volumes, const std::string& path) {
    std::set<std::string> seen;
    for (const NodePtr& item : volumes.items) {
      if (item->kind != Kind::scalar) continue;
      const auto found = find({.kind = model::ConditionKind::volume, .name = item->text});
      if (!found)
        report_.error(item->place, path, unknown(item->text, path));
      else if (!seen.insert(item->text).second)
        report_.error(item->place, path, {in_quotes(item->text) + " is named twice", {}});
      else
        service.conditions.push_back(*found);
    }
  }

  void of_host(model::ServiceSpec& service, const Node& host, const std::string& path) {
    for (const Entry& entry : host.entries) {
      if (entry.value->kind != Kind::scalar) continue;
      const auto parsed = parse_host_setting(entry.key, entry.value->text);
      if (const auto* flaw = std::get_if<Flaw>(&parsed))
        report_.error(entry.place, below(path, entry.key), *flaw);
      else
        service.conditions.push_back(condition_of(std::get<model::HostSetting>(parsed)));
    }
  }

  std::optional<ConditionId> find(const model::Condition& condition) const {
    const auto& all = stack_.conditions;
    const auto found = std::find(all.begin(), all.end(), condition);
    if (found == all.end()) return std::nullopt;
    return ConditionId{static_cast<std::uint32_t>(found - all.begin())};
  }

  /// Several services that need the same have one condition.
  ConditionId condition_of(const model::HostSetting& setting) {
    const model::Condition condition{.kind = model::ConditionKind::host, .name = model::words(setting)};
    if (const auto known = find(condition)) return *known;
    stack_.host.push_back(setting);
    stack_.conditions.push_back(condition);
    return {static_cast<std::uint32_t>(stack_.conditions.size() - 1)};
  }

  Flaw unknown(const std::string& name, const std::string& path) const {
    std::vector<std::string_view> names;
    for (const model::VolumeSpec& volume : stack_.volumes)
      names.push_back(volume.name);
    const std::string hint = did_you_mean(name, names);
    return {"unknown volume " + in_quotes(name) + " in " + path,
            hint.empty() ? "volumes are described under persistence.volumes" : hint};
  }

  model::StackSpec& stack_;
  Report& report_;
};

} // namespace

void resolve_conditions(const Node& tree, model::StackSpec& stack, Report& report) {
  Conditions conditions(stack, report);
  const Node* services = tree.value("services");
  if (services == nullptr) return;
  for (model::ServiceSpec& service : stack.services)
    if (const Node* keys = services->value(service.name)) conditions.resolve(service, *keys);
}

} // namespace holdfast::config
