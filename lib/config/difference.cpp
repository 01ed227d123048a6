#include "config/difference.h"

#include "config/canary.h"
#include "config/key_changes.h"
#include "config/report.h"
#include "model/merge.h"

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::config {
namespace {

using model::ChangeKind;
using model::ServiceSpec;
using wire::PlannedChange;

/// What the daemon makes once, at its own start.
constexpr std::array kept = {"stack.name", "stack.runtime", "stack.state", "logging.directory"};

constexpr const char* canary_path = "stability.canary";

bool is_kept(const std::string& key) {
  return std::find(kept.begin(), kept.end(), key) != kept.end();
}

/// What is told with the service that it makes.
bool is_of_canary(const std::string& key) {
  return key == canary_path || key.starts_with(std::string(canary_path) + ".");
}

/// Whether it is started by itself.
bool starts_by_itself(const ServiceSpec& service) {
  return service.enabled && service.task != model::TaskRun::on_command;
}

const ServiceSpec* find(const model::StackSpec& stack, const std::string& name) {
  // Of several with one name all but the last were replaced.
  const auto found = std::find_if(stack.services.rbegin(), stack.services.rend(),
                                  [&](const ServiceSpec& one) { return !one.removed && one.name == name; });
  return found == stack.services.rend() ? nullptr : &*found;
}

Effect effect_of(ChangeKind kind) {
  switch (kind) {
  case ChangeKind::none: return Effect::nothing;
  case ChangeKind::live: return Effect::live;
  case ChangeKind::restart:
  case ChangeKind::replace: return Effect::restart;
  }
  return Effect::nothing;
}

/// Of a service that both have.
Effect effect_between(const ServiceSpec& now, const ServiceSpec& next, bool files_changed) {
  const ChangeKind kind = model::change_between(now, next);
  const bool was = starts_by_itself(now);
  const bool is = starts_by_itself(next);
  if (was != is) return is ? Effect::start : Effect::stop;
  // What does not run is not restarted.
  if (!is) return std::min(effect_of(kind), Effect::live);
  return files_changed && next.reload ? std::max(effect_of(kind), Effect::reload) : effect_of(kind);
}

std::string joined(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files)
    text += (text.empty() ? "" : ", ") + file;
  return text + " changed";
}

class Comparison {
public:
  Comparison(const Loaded& now, const Loaded& next, const ChangedFiles& files)
      : now_(now), next_(next), files_(files), merged_(model::merged(*now.stack, *next.stack)) {}

  std::vector<PlannedChange> all() {
    stack();
    for (const ServiceSpec& service : next_.stack->services)
      in_next(service);
    for (const ServiceSpec& service : now_.stack->services)
      if (find(*next_.stack, service.name) == nullptr) removed(service);
    return std::move(changes_);
  }

private:
  void add(const std::string& service, Effect effect, std::string why, std::vector<wire::KeyChange> keys) {
    if (effect == Effect::nothing && keys.empty() && why.empty()) return;
    changes_.push_back({.service = service,
                        .effect = std::string(word(effect)),
                        .why = std::move(why),
                        .keys = std::move(keys)});
  }

  void stack() {
    std::vector<wire::KeyChange> live;
    std::vector<wire::KeyChange> later;
    for (const char* heading : {"stack", "persistence", "stability", "logging"})
      for (wire::KeyChange& change :
           key_changes(now_.tree->value(heading), next_.tree->value(heading), heading))
        if (!is_of_canary(change.key)) (is_kept(change.key) ? later : live).push_back(std::move(change));
    if (!later.empty()) add({}, Effect::daemon_restart, {}, std::move(later));
    if (!live.empty()) add({}, stack_changed() ? Effect::live : Effect::nothing, {}, std::move(live));
  }

  /// In itself, or in what its services have of it.
  bool stack_changed() const {
    model::StackSpec next = merged_;
    next.services = now_.stack->services;
    if (next != *now_.stack) return true;
    return std::any_of(now_.stack->services.begin(), now_.stack->services.end(), [&](const ServiceSpec& was) {
      const ServiceSpec* is = find(merged_, was.name);
      return is != nullptr && is->restart != was.restart;
    });
  }

  void in_next(const ServiceSpec& service) {
    const ServiceSpec* now = find(*now_.stack, service.name);
    const ServiceSpec* next = find(merged_, service.name);
    if (now == nullptr)
      return add(service.name, starts_by_itself(service) ? Effect::start : Effect::nothing, "added", {});
    const auto changed = files_.find(service.name);
    const bool files_changed = changed != files_.end() && service.reload;
    const Effect effect = effect_between(*now, *next, files_changed);
    auto keys = key_changes(tree_of(now_, service.name), tree_of(next_, service.name),
                            is_canary(service) ? canary_path : below("services", service.name));
    // What `stability` means for all is told once, with the stack.
    if (keys.empty() && effect == Effect::live) return;
    add(service.name, effect, files_changed ? joined(changed->second) : "", std::move(keys));
  }

  void removed(const ServiceSpec& service) {
    add(service.name, starts_by_itself(service) ? Effect::stop : Effect::nothing, "removed", {});
  }

  static bool is_canary(const ServiceSpec& service) {
    return service.ready.network.protocol == model::Protocol::canary;
  }

  static const Node* tree_of(const Loaded& loaded, const std::string& service) {
    if (service == canary_name)
      if (const Node* canary = canary_section_of(*loaded.tree)) return canary;
    const Node* services = loaded.tree->value("services");
    return services == nullptr ? nullptr : services->value(service);
  }

  const Loaded& now_;
  const Loaded& next_;
  const ChangedFiles& files_;
  model::StackSpec merged_;
  std::vector<PlannedChange> changes_;
};

} // namespace

std::string_view word(Effect effect) {
  switch (effect) {
  case Effect::nothing: return "nothing";
  case Effect::live: return "live";
  case Effect::reload: return "reload";
  case Effect::restart: return "restart";
  case Effect::start: return "start";
  case Effect::stop: return "stop";
  case Effect::daemon_restart: return "daemon-restart";
  }
  return "";
}

std::vector<PlannedChange> difference(const Loaded& now, const Loaded& next, const ChangedFiles& files) {
  return Comparison(now, next, files).all();
}

std::vector<PlannedChange> starts(const Loaded& next) {
  std::vector<PlannedChange> changes;
  for (const ServiceSpec& service : next.stack->services)
    if (starts_by_itself(service))
      changes.push_back(
          {.service = service.name, .effect = std::string(word(Effect::start)), .why = {}, .keys = {}});
  return changes;
}

namespace {

/// A line of the control socket holds a mebibyte: names and effects always fit, values as far as there is
/// room.
void fit(std::vector<PlannedChange>& changes) {
  constexpr std::size_t most_shown = 512U << 10;
  std::size_t bytes = 0;
  for (PlannedChange& change : changes) {
    for (wire::KeyChange& key : change.keys) {
      bytes += key.key.size() + key.from.size() + key.to.size();
      if (bytes > most_shown) key.from = key.to = "...";
    }
    if (bytes > most_shown) change.keys.resize(std::min<std::size_t>(change.keys.size(), 1));
  }
}

} // namespace

wire::PlanView plan_view(const std::string& config, const Loaded& next, std::vector<PlannedChange> changes) {
  /// Of the text in all of them.
  constexpr std::size_t most_shown = 256U << 10;
  wire::PlanView view{.config = config,
                      .valid = next.stack.has_value(),
                      .daemon = true,
                      .mistakes = {},
                      .changes = std::move(changes)};
  fit(view.changes);
  std::size_t bytes = 0;
  for (const Diagnostic& diagnostic : next.diagnostics) {
    std::string shown = render(diagnostic);
    bytes += shown.size();
    if (bytes > most_shown) break;
    view.mistakes.push_back({.file = diagnostic.file,
                             .line = diagnostic.line,
                             .column = diagnostic.column,
                             .severity = diagnostic.severity == Severity::error ? "error" : "warning",
                             .path = diagnostic.path,
                             .message = diagnostic.message,
                             .hint = diagnostic.hint,
                             .shown = std::move(shown)});
  }
  return view;
}

} // namespace holdfast::config
