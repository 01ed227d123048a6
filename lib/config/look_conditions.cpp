#include "config/host_setting.h"
#include "config/semantics.h"

namespace holdfast::config {
namespace {

void look_at_volumes(const Node& tree, const model::StackSpec& stack, const MachineQuestions& machine,
                     Report& report) {
  for (const model::VolumeSpec& volume : stack.volumes) {
    const Node* keys = tree.value("persistence")->value("volumes")->value(volume.name);
    const Node* path = keys == nullptr ? nullptr : keys->value("path");
    // What is no path has been told.
    if (path == nullptr || !check_path(volume.path).none()) continue;
    if (const std::string what = machine.volume(volume); !what.empty())
      report.error(path->place, below(below("persistence.volumes", volume.name), "path"),
                   {what, "services that use it would wait"});
  }
}

void look_at_settings(const Entry& service, const MachineQuestions& machine, Report& report) {
  const Node* host = service.value->value("host");
  if (host == nullptr || is_disabled(*service.value)) return;
  for (const Entry& entry : host->entries) {
    const auto parsed = parse_host_setting(entry.key, entry.value->text);
    const auto* setting = std::get_if<model::HostSetting>(&parsed);
    if (setting == nullptr) continue;
    if (const std::string what = machine.host(*setting); !what.empty())
      report.error(entry.place, below(below(below("services", service.key), "host"), entry.key),
                   {model::words(*setting) + " is needed: " + what, {}});
  }
}

} // namespace

void look_at_conditions(const Node& tree, const model::StackSpec& stack, const MachineQuestions& machine,
                        Report& report) {
  if (machine.volume) look_at_volumes(tree, stack, machine, report);
  const Node* services = tree.value("services");
  if (!machine.host || services == nullptr) return;
  for (const Entry& service : services->entries)
    look_at_settings(service, machine, report);
}

} // namespace holdfast::config
