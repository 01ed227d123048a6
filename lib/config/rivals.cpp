#include "config/semantics.h"

#include "base/address.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

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

/// Who has which addresses. A configuration may name tens of thousands.
class Taken {
public:
  /// Another service that cannot listen beside this one; empty: there is none.
  std::string take(const std::string& service, const std::string& text) {
    const auto address = listening_address_of(text);
    // A name may be any address: it is compared as it is written.
    std::string other = first_other(exact_[address ? written(address.value()) : text], service);
    if (address && address.value().path.empty()) {
      const auto kind = std::make_pair(is_v6(address.value()), address.value().port);
      const bool any = is_any_host(address.value());
      if (other.empty()) other = first_other(any ? with_port_[kind] : with_any_[kind], service);
      with_port_[kind].insert(service);
      if (any) with_any_[kind].insert(service);
    }
    exact_[address ? written(address.value()) : text].insert(service);
    return other;
  }

private:
  using Services = std::set<std::string>;
  using Kind = std::pair<bool, std::uint16_t>; ///< IPv6, port

  static std::string first_other(const Services& services, const std::string& service) {
    for (const std::string& one : services)
      if (one != service) return one;
    return {};
  }

  std::map<std::string, Services> exact_;
  std::map<Kind, Services> with_port_;
  std::map<Kind, Services> with_any_; ///< of 0.0.0.0 or ::
};

std::string path_of(const std::string& service, std::string_view key) {
  return below(below("services", service), key);
}

} // namespace

void check_listens(const Node& tree, Report& report) {
  Taken taken;
  for (const auto& [service, path, address] : listenings(tree))
    if (const std::string other = taken.take(service, address->text); !other.empty())
      report.error(address->place, path,
                   {in_quotes(service) + " and " + in_quotes(other) + " cannot both listen on " +
                        in_quotes(address->text),
                    "give one of them another port"});
}

void look_for_rivals(const Node& tree, const MachineQuestions& machine, Report& report) {
  if (machine.listener)
    for (const auto& [service, path, address] : listenings(tree)) {
      const auto listener = machine.listener(service, address->text);
      if (!listener)
        report.warning(address->place, path, {listener.error().what, {}});
      else if (!listener.value().empty())
        report.error(address->place, path,
                     {in_quotes(address->text) + " is in use by " + listener.value(),
                      "stop that, or give " + in_quotes(service) + " another address"});
    }
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
