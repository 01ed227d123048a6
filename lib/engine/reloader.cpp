#include "engine/reloader.h"

#include "base/file.h"
#include "engine/limits.h"
#include "engine/log_rules.h"
#include "engine/premises.h"
#include "model/merge.h"
#include "model/words.h"
#include "wire/last_stop.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace holdfast::engine {
namespace {

bool is(const wire::PlannedChange& change, config::Effect effect) {
  return change.effect == config::word(effect);
}

/// One line for people: "restart: services.redis.umask: 0027 -> 0077". An event is short: `plan` tells all.
std::string words_of(const wire::PlannedChange& change) {
  constexpr std::size_t enough = 500;
  std::string text = change.effect + (change.why.empty() ? "" : ", " + change.why);
  for (std::size_t i = 0; i < change.keys.size(); ++i) {
    if (text.size() > enough) return text + "; and " + std::to_string(change.keys.size() - i) + " more";
    const wire::KeyChange& key = change.keys[i];
    const bool told = !key.from.empty() || !key.to.empty();
    text += (i == 0 ? ": " : "; ") + key.key + (told ? ": " + key.from + " -> " + key.to : " changed");
  }
  return text;
}

std::optional<ServiceId> place_in(const model::StackSpec& spec, const std::string& name) {
  const auto is_it = [&](const model::ServiceSpec& service) {
    return service.name == name && !service.removed;
  };
  const auto found = std::find_if(spec.services.begin(), spec.services.end(), is_it);
  if (found == spec.services.end()) return {};
  return ServiceId{static_cast<std::uint32_t>(found - spec.services.begin())};
}

/// The socket that the services of one run speak to is in its environment.
bool speaks(const model::ServiceSpec& service) {
  return service.ready.kind == model::ProbeKind::notify && !service.removed;
}

} // namespace

Reloader::Reloader(Parts parts, const model::Stack& stack, Handlers handlers)
    : parts_(parts), stack_(stack), handlers_(std::move(handlers)) {
  put_in_order();
}

void Reloader::put_in_order() {
  order_.clear();
  for (const model::ServiceSpec& service : parts_.configuration.accepted().stack->services)
    if (const auto id = stack_.find(service.name)) order_.push_back(*id);
}

std::vector<ServiceId> Reloader::listed() const {
  std::vector<ServiceId> all = order_;
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    if (stack_.spec({i}).removed && model::run_of(stack_.service({i}).phase) != nullptr) all.push_back({i});
  return all;
}

wire::PlanView Reloader::view_of(const Configuration::Found& found) const {
  std::vector<wire::PlannedChange> changes;
  if (found.loaded.stack)
    changes = config::difference(parts_.configuration.accepted(), found.loaded, found.changed);
  return config::plan_view(parts_.configuration.file(), found.loaded, std::move(changes));
}

void Reloader::plan(std::function<void(wire::PlanView)> told) {
  parts_.configuration.read(
      [this, told = std::move(told)](const Configuration::Found& found) { told(view_of(found)); });
}

void Reloader::reload(std::string by, CommandTicket ticket, std::function<void(const Reloaded&)> told) {
  parts_.configuration.read([this, by = std::move(by), ticket = std::move(ticket),
                             told = std::move(told)](Configuration::Found found) {
    Reloaded answer{.plan = view_of(found), .refused = {}, .awaited = {}};
    answer.refused = apply(std::move(found), by, ticket, answer);
    told(answer);
  });
}

std::string Reloader::apply(Configuration::Found found, const std::string& by, CommandTicket ticket,
                            Reloaded& answer) {
  const wire::PlanView& plan = answer.plan;
  for (const wire::Mistake& mistake : plan.mistakes)
    parts_.report.trouble("reload: " + mistake.file + ":" + std::to_string(mistake.line) + ": " +
                          mistake.severity + ": " + mistake.message);
  if (!found.loaded.stack) return "the configuration has mistakes; nothing was changed";
  if (!found.can_run) return found.can_run.error().what + "; nothing was changed";
  if (stack_.shutting_down()) return "the daemon is shutting down";
  model::StackSpec next = *found.loaded.stack;
  auto missed = fit_limits(next);
  if (std::string lack = unenforceable(parts_.tree, next); !lack.empty()) {
    if (next.enforce_limits == model::EnforceLimits::required) return lack + "; nothing was changed";
    missed.push_back(std::move(lack));
  }
  tell_missed(missed);
  auto spec = std::make_shared<const model::StackSpec>(model::merged(stack_.spec(), next));
  if (auto ready = prepare(*spec); !ready) return ready.error().what + "; nothing was changed";
  if (auto kept = parts_.configuration.prepare(found.loaded); !kept)
    return kept.error().what + "; nothing was changed";
  tell(plan, by);
  std::vector<std::string> names;
  for (const wire::PlannedChange& change : plan.changes)
    if (is(change, config::Effect::reload)) names.push_back(change.service);
  const model::StackSpec before = stack_.spec();
  model::ConfigurationChanged changed{.spec = spec, .reload = {}, .done = parts_.done.of(*spec), .by = by};
  for (std::uint32_t i = 0; i < spec->services.size(); ++i)
    if (!spec->services[i].removed &&
        std::find(names.begin(), names.end(), spec->services[i].name) != names.end())
      changed.reload.push_back({i});
  AcceptedCommand command{.ticket = std::move(ticket), .awaited = awaited(plan, *spec)};
  handlers_.step(std::move(changed), command);
  parts_.configuration.accept(std::move(found.loaded));
  settle(before);
  answer.awaited = still_wanted(stack_, std::move(command.awaited));
  return {};
}

Status Reloader::prepare(const model::StackSpec& spec) {
  if (spec.services.size() > wire::last_stop_rows)
    return Error{
        "so many services have come and gone that there is no place for another; restart the daemon"};
  for (const model::ServiceSpec& service : spec.services)
    if (!service.removed)
      if (auto made = parts_.tree.add(service.name); !made) return made;
  // Before anything runs in them.
  const model::StackSpec& now = stack_.spec();
  LimitOrders added;
  for (std::size_t i = 0; i < spec.services.size(); ++i)
    if (!spec.services[i].removed && (i >= now.services.size() || now.services[i].removed))
      added.emplace_back(parts_.tree.service(spec.services[i].name), spec.services[i].group_limits);
  for (const std::string& refused : write(parts_.tree, added))
    parts_.report.trouble(refused);
  parts_.runs.make_room(spec.services.size());
  Held none;
  return open_sockets(spec, none);
}

Status Reloader::open_sockets(const model::StackSpec& spec, Held& held) {
  const std::string directory = spec.runtime + "/notify";
  if (auto made = make_directories(directory, 0755); !made) return made;
  for (std::uint32_t i = 0; i < spec.services.size(); ++i) {
    if (!speaks(spec.services[i]) || parts_.notify.has({i})) continue;
    const std::string path = directory + "/" + spec.services[i].name;
    if (held.has(wire::notify_slot(i))) {
      parts_.notify.adopt({i}, path, held.take(wire::notify_slot(i)));
      continue;
    }
    if (auto opened = parts_.notify.open({i}, path); !opened) return opened;
    if (auto kept = parts_.anchor.hold(wire::notify_slot(i), parts_.notify.descriptor({i})); !kept)
      return kept;
  }
  return Done{};
}

/// What follows for those who keep something by service, when the model has the new spec.
void Reloader::settle(const model::StackSpec& before) {
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const model::ServiceSpec& now = stack_.spec({i});
    // One that was removed may still say how its stop goes.
    if (!speaks(now) && !now.removed && parts_.notify.has({i})) {
      parts_.notify.close({i});
      parts_.anchor.drop(wire::notify_slot(i));
    }
    parts_.rows.refresh(stack_, {i});
    const bool had = i < before.services.size() && before.services[i].reload.has_value();
    const bool same = had && now.reload && before.services[i].reload->files == now.reload->files;
    if (now.reload && parts_.runs.main_pid({i}) != 0 && !same)
      parts_.configuration.mark(now.name, now.reload->files);
  }
  parts_.logs.reopen(log_rules(stack_.spec()));
  parts_.runs.respecified();
  handlers_.respecified();
  write_limits(before);
  put_in_order();
}

/// Not in the loop's thread: to lower a limit of memory takes as long as the kernel reclaims.
void Reloader::write_limits(const model::StackSpec& before) {
  auto orders = changed_limits(parts_.tree, before, stack_.spec());
  if (orders.empty()) return;
  parts_.configuration.later(
      [&tree = parts_.tree, trouble = handlers_.trouble_elsewhere, orders = std::move(orders)] {
        for (const std::string& refused : write(tree, orders))
          trouble(refused);
      });
}

void Reloader::tell(const wire::PlanView& plan, const std::string& by) {
  parts_.report.note("reload by " + by + (plan.changes.empty() ? ": nothing changed" : ""));
  for (const wire::PlannedChange& change : plan.changes) {
    EventRecord record;
    record.service = change.service;
    record.from = record.to = model::word(stack_.verdict());
    if (const auto id = stack_.find(change.service)) {
      record.run = stack_.service(*id).last_run.value;
      record.from = record.to = model::word(model::name_of(stack_.service(*id).phase));
    } else if (!change.service.empty()) {
      record.from = record.to = model::word(model::PhaseName::down);
    }
    record.why = "reload by " + by + ": " + words_of(change);
    handlers_.tell(std::move(record));
  }
}

void Reloader::tell_missed(const std::vector<std::string>& missed) {
  for (const std::string& line : missed)
    if (std::find(missed_.begin(), missed_.end(), line) == missed_.end()) parts_.report.trouble(line);
  missed_ = missed;
}

std::vector<model::CommandAsked> Reloader::awaited(const wire::PlanView& plan,
                                                   const model::StackSpec& next) const {
  model::CommandAsked stopped{.verb = model::Verb::stop, .services = {}, .by = {}};
  model::CommandAsked started{.verb = model::Verb::start, .services = {}, .by = {}};
  for (const wire::PlannedChange& change : plan.changes) {
    const bool stops = is(change, config::Effect::stop);
    const bool starts = is(change, config::Effect::restart) || is(change, config::Effect::start);
    const auto id = stops ? stack_.find(change.service) : place_in(next, change.service);
    if (id && (stops || starts)) (stops ? stopped : started).services.push_back(*id);
  }
  std::vector<model::CommandAsked> all;
  for (model::CommandAsked* const command : {&stopped, &started})
    if (!command->services.empty()) all.push_back(std::move(*command));
  return all;
}

} // namespace holdfast::engine
