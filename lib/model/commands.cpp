#include "model/turn.h"

#include <set>
#include <string>
#include <vector>

namespace holdfast::model {
namespace {

Why why_of(Cause cause, const std::string& by) {
  Why why;
  why.cause = cause;
  why.text = by;
  return why;
}

} // namespace

void Turn::take(const StackStarted&) {
  if (stack_.shutdown_) return;
  start_all(why_of(Cause::started, {}));
}

void Turn::take(const ShutdownAsked& asked) {
  // Asked again, it is no later.
  if (stack_.shutdown_) return;
  stack_.shutdown_ = true;
  stop_all(why_of(Cause::shutdown, asked.by));
}

void Turn::take(const CommandAsked& asked) {
  if (stack_.shutdown_) return;
  switch (asked.verb) {
  case Verb::start: return take_start(asked, why_of(Cause::asked_start, asked.by));
  case Verb::stop: return take_stop(asked, why_of(Cause::asked_stop, asked.by));
  case Verb::restart: return take_restart(asked, why_of(Cause::asked_restart, asked.by));
  }
}

void Turn::take_start(const CommandAsked& asked, const Why& why) {
  if (asked.services.empty()) return start_all(why);
  for (const ServiceId id : asked.services)
    ask_start(id, why);
}

void Turn::take_stop(const CommandAsked& asked, const Why& why) {
  if (asked.services.empty() && stack_.up_) stop_all(why);
  for (const ServiceId id : asked.services)
    ask_stop(id, why);
}

void Turn::take_restart(const CommandAsked& asked, const Why& why) {
  for (const ServiceId id : asked.services)
    ask_restart(id, why);
  if (!asked.services.empty()) return;
  start_all(why);
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    if (!at({i}).wanted) continue;
    wish({i}, why, true);
    end_run_for_restart({i}, why);
  }
  stack_.fresh_ = true;
}

void Turn::raise_stack() {
  if (!stack_.up_) stack_.fresh_ = true;
  stack_.up_ = true;
  stack_.stop_deadline_ = never;
  stack_.deadlines_.set(stack_.size(), never);
}

void Turn::start_all(const Why& why) {
  raise_stack();
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    Service& service = at({i});
    if (spec({i}).enabled || service.wanted) {
      wish({i}, why, false);
      continue;
    }
    service.goal = why_of(Cause::disabled, {});
    if (std::holds_alternative<Down>(service.phase)) service.why = service.goal;
  }
}

void Turn::stop_all(const Why& why) {
  stack_.up_ = false;
  stack_.stop_deadline_ = later(now_.mono, stack_.spec().stop_within);
  stack_.deadlines_.set(stack_.size(), stack_.stop_deadline_);
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    ask_stop({i}, why);
}

void Turn::wish(ServiceId id, const Why& why, bool again) {
  Service& service = at(id);
  const bool runs = run_of(service.phase) != nullptr && !std::holds_alternative<Stopping>(service.phase);
  const bool done = std::holds_alternative<Finished>(service.phase);
  service.unsettled = 0;
  service.charges.clear();
  service.starts_fresh = !runs && (again || !done);
  if (service.starts_fresh) service.goal = why;
  if (!service.wanted)
    want(id, true, why);
  else
    touch(id);
}

void Turn::ask_start(ServiceId start, const Why& why) {
  raise_stack();
  // A worklist, not recursion: a chain of needs may be as long as there are services.
  std::set<ServiceId> seen{start};
  std::vector<ServiceId> closure{start};
  for (std::size_t i = 0; i < closure.size(); ++i) {
    wish(closure[i], why, i == 0);
    for (const Need& need : spec(closure[i]).needs)
      if (!need.soft && seen.insert(need.on).second) closure.push_back(need.on);
  }
}

void Turn::ask_stop(ServiceId id, const Why& why) {
  at(id).restart_asked = false;
  if (at(id).wanted) want(id, false, why);
}

void Turn::ask_restart(ServiceId id, const Why& why) {
  ask_start(id, why);
  end_run_for_restart(id, why);
}

void Turn::end_run_for_restart(ServiceId id, const Why& why) {
  Service& service = at(id);
  if (run_of(service.phase) == nullptr) return;
  service.restart_asked = true;
  service.goal = why;
  touch(id);
}

} // namespace holdfast::model
