#include "config/build.h"

#include "config/fields.h"
#include "config/network_probe.h"

#include <algorithm>

namespace holdfast::config {

void read_restart(const Node* section, model::RestartPolicy& policy) {
  const Fields fields(section);
  fields.duration("delay", policy.delay);
  fields.duration("up_to", policy.up_to);
  fields.parsed("jitter", policy.jitter_percent, parse_share);
  fields.duration("settled", policy.settled);
  Count budget{policy.budget, policy.window};
  fields.parsed("budget", budget, parse_count);
  policy.budget = budget.number;
  policy.window = budget.window;
  std::string when;
  fields.text("when", when);
  if (when == "always") policy.when = model::RestartWhen::always;
  if (when == "on-failure") policy.when = model::RestartWhen::on_failure;
  if (when == "never") policy.when = model::RestartWhen::never;
}

namespace {

void read_stability(const Fields& stability, model::StackSpec& stack) {
  stability.integer("start_at_once", stack.start_at_once);
  stability.duration("start_within", stack.start_within);
  stability.duration("recover_within", stack.recover_within);
  stability.duration("stop_within", stack.stop_within);
  Count budget{stack.stack_budget.count, stack.stack_budget.window};
  stability.parsed("stack_budget", budget, parse_count);
  stack.stack_budget = {.count = budget.number, .window = budget.window};
  std::string when;
  stability.text("when_broken", when);
  if (when == "hold") stack.when_broken = model::WhenBroken::hold;
  std::string enforce;
  stability.text("enforce_limits", enforce);
  if (enforce == "required") stack.enforce_limits = model::EnforceLimits::required;
  if (enforce == "when-available") stack.enforce_limits = model::EnforceLimits::when_available;
}

void read_archives(const Fields& logging, model::LogArchives& archives) {
  std::string compress;
  logging.text("compress", compress);
  if (compress == "none") archives.compression = model::LogCompression::none;
  if (compress == "gzip") archives.compression = model::LogCompression::gzip;
  const Fields keep = logging.section("keep");
  keep.duration("for", archives.keep_for);
  keep.parsed("total", archives.keep_total, parse_size);
  keep.parsed("files", archives.keep_files, parse_integer);
  logging.section("free").parsed("warn", archives.warn_percent, parse_share);
  logging.section("free").parsed("stop", archives.stop_percent, parse_share);
}

std::vector<model::VolumeSpec> read_volumes(const Node* volumes) {
  std::vector<model::VolumeSpec> all;
  if (volumes == nullptr) return all;
  for (const Entry& entry : volumes->entries) {
    const Fields fields(entry.value.get());
    model::VolumeSpec& volume = all.emplace_back();
    volume.name = entry.key;
    fields.text("path", volume.path);
    fields.text("source", volume.source);
    fields.text("type", volume.type);
    fields.boolean("mounted", volume.mounted);
    fields.text("marker", volume.marker);
  }
  return all;
}

template <typename Do>
void each_probe(model::ServiceSpec& service, Do act) {
  act(service.ready);
  if (service.progress) act(*service.progress);
  if (service.live) act(service.live->probe);
}

} // namespace

model::StackSpec build_stack(const Node& tree, const LoadOptions& options) {
  model::StackSpec stack;
  const Fields whole(&tree);
  const Fields heading = whole.section("stack");
  heading.text("name", stack.name);
  heading.text("site", stack.site);
  heading.text("runtime", stack.runtime);
  heading.text("state", stack.state);
  // What belongs together is one service, not all of them.
  stack.group_limits.oom_group = false;
  read_group_limits(heading.node("limits"), stack.group_limits);
  const Fields logging = whole.section("logging");
  logging.text("directory", stack.log_directory);
  logging.section("rotate").parsed("size", stack.rotate_size, parse_size);
  logging.section("rotate").duration("every", stack.rotate_every);
  std::string when_full;
  logging.text("when_full", when_full);
  if (when_full == "block") stack.log_when_full = model::LogWhenFull::block;
  if (logging.node("forward") != nullptr) stack.log_forward = model::LogForward::journal;
  read_archives(logging, stack.log_archives);
  stack.volumes = read_volumes(whole.section("persistence").node("volumes"));
  const Fields stability = whole.section("stability");
  stack.start_at_once = std::max(2U, options.cpus);
  if (options.under_systemd) stack.enforce_limits = model::EnforceLimits::required;
  read_stability(stability, stack);
  model::RestartPolicy restart;
  read_restart(stability.node("restart"), restart);
  if (const Node* services = whole.node("services"))
    for (const Entry& service : services->entries)
      stack.services.push_back(build_service(service, restart));
  for (model::ServiceSpec& service : stack.services)
    each_probe(service, [&](model::Probe& probe) {
      if (probe.kind == model::ProbeKind::observed) fill_in_site(probe.network, stack.site);
    });
  return stack;
}

} // namespace holdfast::config
