#include "config/semantics.h"
#include "config/suggest.h"
#include "config/values.h"

#include <algorithm>
#include <map>
#include <set>

namespace holdfast::config {
namespace {

/// One need as it is written.
struct WrittenNeed {
  std::string name;
  Place place;
  bool restart = false;
  bool soft = false;
};

bool is_true(const Node* node) {
  return node != nullptr && boolean(*node) == true;
}

std::vector<WrittenNeed> written_needs(const Node& needs) {
  std::vector<WrittenNeed> all;
  for (const NodePtr& item : needs.items)
    if (item->kind == Kind::scalar) all.push_back({.name = item->text, .place = item->place});
  for (const Entry& entry : needs.entries)
    all.push_back({.name = entry.key,
                   .place = entry.place,
                   .restart = is_true(entry.value->value("restart")),
                   .soft = is_true(entry.value->value("soft"))});
  return all;
}

class Resolver {
public:
  Resolver(const Node& services, const PresetLibrary& presets, model::StackSpec& stack, Report& report)
      : services_(services), presets_(presets), stack_(stack), report_(report) {
    for (std::uint32_t i = 0; i < stack.services.size(); ++i)
      ids_[stack.services[i].name] = {i};
  }

  void resolve(model::ServiceSpec& service) {
    const Node* value = services_.value(service.name);
    const Node* needs = value == nullptr ? nullptr : value->value("needs");
    if (needs == nullptr) return;
    path_ = below(below("services", service.name), "needs");
    std::set<std::string> seen;
    for (const WrittenNeed& need : written_needs(*needs)) {
      if (seen.insert(need.name).second)
        one(service, need);
      else
        report_.error(need.place, path_, {in_quotes(need.name) + " is needed twice", {}});
    }
  }

  bool refuse_cycles() {
    // The copy loses an edge of each cycle that was told, so that the next one is found.
    model::StackSpec rest = stack_;
    bool none = true;
    for (auto cycle = find_cycle(rest); !cycle.empty(); cycle = find_cycle(rest)) {
      none = false;
      tell(cycle);
      auto& needs = rest.services[cycle.back().index].needs;
      std::erase_if(needs, [&](const model::Need& need) { return need.on == cycle.front(); });
    }
    return none;
  }

private:
  void one(model::ServiceSpec& service, const WrittenNeed& need) {
    const auto id = ids_.find(need.name);
    if (id == ids_.end()) return report_.error(need.place, path_, unknown(need.name));
    const model::ServiceSpec& on = stack_.services[id->second.index];
    if (service.enabled && !on.enabled && !need.soft)
      report_.error(
          need.place, path_,
          {service.name + " needs " + need.name + ", which is disabled", "enable it, or make the need soft"});
    if (on.task && need.restart)
      report_.error(need.place, path_,
                    {need.name + " is a task: nothing is restarted after it", "leave restart out"});
    if (!on.external.empty() && need.restart)
      report_.error(need.place, path_,
                    {need.name + " is external: nothing is restarted after it", "leave restart out"});
    if (on.task == model::TaskRun::on_command && !need.soft)
      report_.error(need.place, path_,
                    {service.name + " needs " + need.name + ", which runs on command only",
                     "make the need soft, or the task `run: before-start` or `once`"});
    service.needs.push_back({.on = id->second, .restart = need.restart, .soft = need.soft});
  }

  Flaw unknown(const std::string& name) const {
    std::vector<std::string_view> names;
    for (const auto& [known, id] : ids_)
      names.push_back(known);
    std::string hint = did_you_mean(name, names);
    if (hint.empty() && check_name(name).none() && presets_.has(name))
      hint = "add `" + name + ": {preset: " + name + "}` to services";
    return {"unknown service " + in_quotes(name) + " in " + path_, hint};
  }

  void tell(const std::vector<ServiceId>& cycle) {
    std::string circle;
    for (const ServiceId id : cycle)
      circle += stack_.services[id.index].name + " needs ";
    circle += stack_.services[cycle.front().index].name;
    const model::ServiceSpec& first = stack_.services[cycle.front().index];
    const Node* service = services_.value(first.name);
    const Entry* needs = service == nullptr ? nullptr : service->find("needs");
    report_.error(needs == nullptr ? Place{} : needs->place, below(below("services", first.name), "needs"),
                  {"services need each other in a circle: " + circle, {}});
  }

  const Node& services_;
  const PresetLibrary& presets_;
  model::StackSpec& stack_;
  Report& report_;
  std::map<std::string, ServiceId> ids_;
  std::string path_;
};

} // namespace

bool resolve_needs(const Node& tree, const PresetLibrary& presets, model::StackSpec& stack, Report& report) {
  const Node* services = tree.value("services");
  if (services == nullptr) return true;
  // A preset name with a slash or dots never reaches the file system: `has` is asked only for names that are
  // names.
  Resolver resolver(*services, presets, stack, report);
  for (model::ServiceSpec& service : stack.services)
    resolver.resolve(service);
  return resolver.refuse_cycles();
}

} // namespace holdfast::config
