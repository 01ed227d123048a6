#include "model/turn.h"

#include <set>
#include <string>
#include <vector>

namespace holdfast::model {
void Turn::take(const StackStarted& started) {
  if (stack_.state_.shutdown) return;
  remember_done(started.done);
  start_all(because(Cause::started));
}

void Turn::take(const ShutdownAsked& asked) {
  // Asked again, it is no later.
  if (stack_.state_.shutdown) return;
  stack_.state_.shutdown = true;
  stop_all(because(Cause::shutdown, asked.by));
}

void Turn::take(const CommandAsked& asked) {
  if (stack_.state_.shutdown) return;
  // Where it is held for a person, that person is here.
  stack_.state_.given_up = false;
  switch (asked.verb) {
  case Verb::start: return take_start(asked, because(Cause::asked_start, asked.by));
  case Verb::stop: return take_stop(asked, because(Cause::asked_stop, asked.by));
  case Verb::restart: return take_restart(asked, because(Cause::asked_restart, asked.by));
  case Verb::task:
    for (const ServiceId id : asked.services)
      ask_start(id, because(Cause::asked_start, asked.by), true);
    return;
  }
}

void Turn::take_start(const CommandAsked& asked, const Why& why) {
  if (asked.services.empty()) return start_all(why);
  for (const ServiceId id : asked.services)
    ask_start(id, why, false);
}

void Turn::take_stop(const CommandAsked& asked, const Why& why) {
  if (asked.services.empty() && stack_.state_.up) stop_all(why);
  for (const ServiceId id : asked.services)
    ask_stop(id, why);
}

void Turn::take_restart(const CommandAsked& asked, const Why& why) {
  for (const ServiceId id : asked.services)
    ask_restart(id, why);
  if (!asked.services.empty()) return;
  start_all(why);
  restart_all(why);
  stack_.state_.fresh = true;
}

void Turn::restart_all(const Why& why) {
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    if (!at({i}).wanted) continue;
    const bool each_time = !spec({i}).task || spec({i}).task == TaskRun::before_start;
    wish({i}, why, each_time);
    end_run_for_restart({i}, why);
  }
}

void Turn::raise_stack() {
  StackState& state = stack_.state_;
  if (!state.up) state.fresh = true;
  state.up = true;
  state.stop_deadline = never;
  // What was commanded gets the whole time.
  state.bound = never;
  state.bound_left.reset();
  reschedule_stack();
}

void Turn::start_all(const Why& why) {
  raise_stack();
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const bool by_command = spec({i}).task == TaskRun::on_command;
    if (at({i}).wanted || (spec({i}).enabled && !by_command))
      wish({i}, why, false);
    else if (!spec({i}).removed)
      leave_down({i});
  }
}

void Turn::leave_down(ServiceId id) {
  Service& service = edit(id);
  service.goal = because(spec(id).task == TaskRun::on_command ? Cause::on_command : Cause::disabled);
  if (std::holds_alternative<Down>(service.phase)) service.why = service.goal;
}

void Turn::stop_all(const Why& why) {
  stack_.state_.up = false;
  stack_.state_.stop_deadline = later(now_.mono, stack_.spec().stop_within);
  reschedule_stack();
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    // Whoever looks at a stack that was given up is to see who failed.
    const bool shows_why = stack_.state_.given_up && std::holds_alternative<Failed>(at({i}).phase);
    if (!shows_why) ask_stop({i}, why);
  }
}

void Turn::wish(ServiceId id, const Why& why, bool again) {
  Service& service = edit(id);
  const bool runs = run_of(service.phase) != nullptr && !std::holds_alternative<Stopping>(service.phase);
  const bool done = std::holds_alternative<Finished>(service.phase);
  service.unsettled = 0;
  service.charges.clear();
  if (again) service.remembered = false;
  service.starts_fresh = !runs && (again || !done);
  if (service.starts_fresh) service.goal = why;
  if (!service.wanted)
    want(id, true, why);
  else
    touch(id);
}

void Turn::ask_start(ServiceId start, const Why& why, bool again) {
  raise_stack();
  // A worklist, not recursion: a chain of needs may be as long as there are services.
  std::set<ServiceId> seen{start};
  std::vector<ServiceId> closure{start};
  for (std::size_t i = 0; i < closure.size(); ++i) {
    wish(closure[i], why, again && i == 0);
    for (const Need& need : spec(closure[i]).needs)
      if (!need.soft && seen.insert(need.on).second) closure.push_back(need.on);
  }
}

void Turn::ask_stop(ServiceId id, const Why& why) {
  edit(id).restart_asked = false;
  if (at(id).wanted) want(id, false, why);
}

void Turn::ask_restart(ServiceId id, const Why& why) {
  ask_start(id, why, true);
  end_run_for_restart(id, why);
}

void Turn::end_run_for_restart(ServiceId id, const Why& why) {
  if (run_of(at(id).phase) == nullptr) return;
  Service& service = edit(id);
  service.restart_asked = true;
  service.goal = why;
  touch(id);
}

void Turn::remember_done(const std::vector<ServiceId>& done) {
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    edit({i}).remembered = false;
  for (const ServiceId id : done)
    edit(id).remembered = spec(id).task == TaskRun::once;
}

} // namespace holdfast::model
