#include "config/semantics.h"

#include <map>
#include <string>

namespace holdfast::config {
namespace {

/// Calls `look` with each scalar of the lists `key` of the services that are started.
template <typename Look>
void for_each_of(const Node& tree, std::string_view key, Look look) {
  const Node* services = tree.value("services");
  if (services == nullptr || services->kind != Kind::map) return;
  for (const Entry& service : services->entries) {
    const Node* list = service.value->value(key);
    if (list == nullptr || list->kind != Kind::list || is_disabled(*service.value)) continue;
    for (const NodePtr& item : list->items)
      if (item->kind == Kind::scalar) look(service.key, *item);
  }
}

std::string path_of(const std::string& service, std::string_view key) {
  return below(below("services", service), key);
}

} // namespace

void check_listens(const Node& tree, Report& report) {
  std::map<std::string, std::string> taken;
  for_each_of(tree, "listens", [&](const std::string& service, const Node& address) {
    const auto [first, is_new] = taken.emplace(address.text, service);
    if (is_new || first->second == service) return;
    report.error(address.place, path_of(service, "listens"),
                 {in_quotes(service) + " and " + in_quotes(first->second) + " cannot both listen on " +
                      in_quotes(address.text),
                  "give one of them another port"});
  });
}

void look_for_rivals(const Node& tree, const MachineQuestions& machine, Report& report) {
  if (machine.listener)
    for_each_of(tree, "listens", [&](const std::string& service, const Node& address) {
      const auto listener = machine.listener(service, address.text);
      const std::string path = path_of(service, "listens");
      if (!listener)
        report.warning(address.place, path, {listener.error().what, {}});
      else if (!listener.value().empty())
        report.error(address.place, path,
                     {in_quotes(address.text) + " is in use by " + listener.value(),
                      "stop that, or give " + in_quotes(service) + " another address"});
    });
  if (machine.unit)
    for_each_of(tree, "replaces", [&](const std::string& service, const Node& unit) {
      const auto state = machine.unit(unit.text);
      const std::string path = path_of(service, "replaces");
      const std::string disable = "systemctl disable --now " + unit.text;
      if (!state)
        report.warning(unit.place, path, {state.error().what, {}});
      else if (state.value().active)
        report.error(unit.place, path,
                     {"the unit " + in_quotes(unit.text) + " runs, which " + in_quotes(service) + " replaces",
                      disable});
      else if (state.value().enabled)
        report.warning(unit.place, path,
                       {"the unit " + in_quotes(unit.text) + ", which " + in_quotes(service) +
                            " replaces, is enabled: at the next boot both start",
                        disable});
    });
}

} // namespace holdfast::config
