#include "goals.h"

#include "random_spec.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

using namespace model;

void Goals::open(const Stack& stack) {
  wanted_.assign(stack.size(), false);
  added_.assign(stack.size(), false);
  enabled_.clear();
  removed_.clear();
  for (const ServiceSpec& spec : stack.spec().services) {
    enabled_.push_back(spec.enabled);
    removed_.push_back(spec.removed);
  }
  up_ = false;
  told_ = false;
}

void Goals::forget(const Stack& stack) {
  shutdown_ = false;
  open(stack);
}

void Goals::note_event(const Step& step) {
  if (shutdown_) return;
  // An engine that has lost its state starts what should run.
  const bool told = std::exchange(told_, true);
  if (std::holds_alternative<EngineReturned>(step.event) && !told) return start_all(step.stack);
  if (std::holds_alternative<StackStarted>(step.event)) return start_all(step.stack);
  if (const auto* asked = std::get_if<CommandAsked>(&step.event)) return note_command(step, *asked);
  if (std::holds_alternative<ConfigurationChanged>(step.event)) return note_change(step);
  if (!std::holds_alternative<ShutdownAsked>(step.event)) return;
  shutdown_ = true;
  stop_all();
}

void Goals::note_given_up() {
  shutdown_ = true;
  stop_all();
}

void Goals::note_command(const Step& step, const CommandAsked& asked) {
  const bool all = asked.services.empty();
  switch (asked.verb) {
  case Verb::start:
  case Verb::restart:
    if (all) return start_all(step.stack);
    break;
  case Verb::stop:
    if (all) return stop_all();
    for (const ServiceId id : asked.services)
      wanted_[id.index] = false;
    return;
  case Verb::task: break;
  }
  for (const ServiceId id : asked.services)
    start(step.stack, id);
}

void Goals::start(const Stack& stack, ServiceId service) {
  up_ = true;
  closure_.assign(1, service);
  for (std::size_t i = 0; i < closure_.size(); ++i) {
    wanted_[closure_[i].index] = true;
    for (const Need& need : stack.spec(closure_[i]).needs)
      if (!need.soft && std::find(closure_.begin(), closure_.end(), need.on) == closure_.end())
        closure_.push_back(need.on);
  }
}

void Goals::start_all(const Stack& stack) {
  up_ = true;
  for (std::uint32_t i = 0; i < wanted_.size(); ++i)
    wanted_[i] = wanted_[i] || starts_by_itself(stack.spec({i}));
}

void Goals::stop_all() {
  up_ = false;
  wanted_.assign(wanted_.size(), false);
}

void Goals::note_change(const Step& step) {
  const auto& services = step.stack.spec().services;
  for (std::size_t i = 0; i < services.size(); ++i) {
    const bool is_new = i >= wanted_.size();
    if (is_new) {
      wanted_.push_back(false);
      added_.push_back(false);
      enabled_.push_back(false);
      removed_.push_back(false);
    }
    if ((removed_[i] || !enabled_[i]) && starts_by_itself(services[i]) && up_) {
      added_[i] = added_[i] || !wanted_[i];
      wanted_[i] = true;
    } else if ((services[i].removed && !removed_[i]) || (!services[i].enabled && enabled_[i])) {
      wanted_[i] = false;
    }
    enabled_[i] = services[i].enabled;
    removed_[i] = services[i].removed;
  }
}

void Goals::check(const Step& step, Findings& findings) const {
  for (std::uint32_t i = 0; i < wanted_.size(); ++i) {
    const Service& service = step.stack.service({i});
    // What had failed stays to be seen where the stack was given up.
    if (service.wanted == wanted_[i] || name_of(service.phase) == PhaseName::failed) continue;
    findings.add(step.stack, {i}, service.wanted ? "wanted, but nobody asked" : "asked for, but not wanted");
  }
}

} // namespace holdfast::sim
