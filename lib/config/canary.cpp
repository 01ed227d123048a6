#include "config/canary.h"

#include "base/url.h"
#include "config/fields.h"
#include "config/network_probe.h"

namespace holdfast::config {
namespace {

using namespace std::chrono_literals;

model::Probe probe_of(const Fields& section, const std::string& site) {
  model::Probe probe;
  probe.kind = model::ProbeKind::observed;
  probe.network.protocol = model::Protocol::canary;
  probe.network.target = site;
  section.text("url", probe.network.target);
  section.text("secret_file", probe.network.secret_file);
  section.text("host", probe.network.host);
  section.section("tls").text("name", probe.network.tls_name);
  section.section("tls").text("ca", probe.network.tls_ca);
  probe.every = 5min;
  probe.timeout = 60s;
  probe.failures = 2;
  section.duration("every", probe.every);
  section.duration("timeout", probe.timeout);
  section.integer("failures", probe.failures);
  fill_in_site(probe.network, site);
  return probe;
}

std::vector<model::Need> needs_of(const model::StackSpec& stack) {
  std::vector<model::Need> needs;
  for (std::uint32_t i = 0; i < stack.services.size(); ++i)
    if (const model::ServiceSpec& service = stack.services[i]; service.enabled && !service.task)
      // Nothing is restarted after what lives elsewhere.
      needs.push_back({.on = {i}, .restart = service.external.empty(), .soft = !service.critical});
  return needs;
}

/// HOST:PORT; empty where it is no URL, which has been told.
std::string address_of(const std::string& text) {
  const auto url = url_of(text);
  return url ? url.value().address() : std::string();
}

bool is_same_place(const std::string& url, const std::string& site) {
  return !site.empty() && address_of(url) == address_of(site);
}

/// A critical one through the door would wait for the door, and the door for it.
Flaw flaw_of(const model::ServiceSpec& canary, const std::string& site) {
  const std::string& target = canary.ready.network.target;
  if (target.empty()) return {"it is not said where the canary goes in", "write `url`, or `stack.site`"};
  if (canary.critical && is_same_place(target, site))
    return {"a critical canary keeps the door closed until it passes, and would stand before it",
            "write a `url` behind the door: a port of the web server that does not look for the flag"};
  return {};
}

} // namespace

const Node* canary_section_of(const Node& tree) {
  const Node* stability = tree.value("stability");
  return stability == nullptr ? nullptr : stability->value("canary");
}

void add_canary(const Node& tree, model::StackSpec& stack, Report& report) {
  const Node* section = canary_section_of(tree);
  if (section == nullptr || section->kind != Kind::map) return;
  if (const Node* services = tree.value("services"))
    if (const Entry* taken = services->find(canary_name))
      return report.error(
          taken->place, below("services", canary_name),
          {"the name \"canary\" is that of stability.canary", "give the service another name"});
  model::ServiceSpec canary;
  canary.name = canary_name;
  canary.critical = false;
  const Fields fields(section);
  fields.boolean("critical", canary.critical);
  canary.ready = probe_of(fields, stack.site);
  canary.external = address_of(canary.ready.network.target);
  // So that one that comes to its end late is not called late at once.
  canary.start_within = 3 * canary.ready.timeout;
  canary.needs = needs_of(stack);
  if (const Flaw flaw = flaw_of(canary, stack.site); !flaw.none())
    return report.error(section->place, "stability.canary", flaw);
  stack.services.push_back(std::move(canary));
}

} // namespace holdfast::config
