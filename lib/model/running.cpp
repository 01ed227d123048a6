#include "model/turn.h"

#include <algorithm>

namespace holdfast::model {

void Turn::take(const ProcessExited& fact) {
  Run* run = run_at(fact.service, fact.run);
  if (run == nullptr || run->exit) return;
  run->exit = fact.status;
  edit(fact.service).last_exit = fact.status;
  if (auto* stopping = std::get_if<Stopping>(&edit(fact.service).phase))
    return main_process_gone(fact.service, *stopping);
  died(fact.service);
}

void Turn::take(const LeafEmptied& fact) {
  Run* run = run_at(fact.service, fact.run);
  if (run == nullptr) return;
  run->leaf_empty = true;
  auto* stopping = std::get_if<Stopping>(&edit(fact.service).phase);
  // Until the exit is known the run is not over: that report is on its way.
  if (stopping == nullptr || !run->over()) return;
  conclude(fact.service, stopping->why, stopping->charged);
}

void Turn::take(const ServiceNotified& fact) {
  if (run_at(fact.service, fact.run) == nullptr) return;
  Service& service = edit(fact.service);
  if (!fact.status.empty()) service.status_text = fact.status;
  const bool gates = spec(fact.service).ready.kind == ProbeKind::notify && !spec(fact.service).task;
  if (auto* starting = std::get_if<Starting>(&service.phase)) {
    if (fact.extend && starting->held)
      starting->held = std::max(*starting->held, *fact.extend);
    else if (fact.extend)
      starting->deadline = std::max(starting->deadline, later(now_.mono, *fact.extend));
    starting->said_ready = starting->said_ready || (fact.ready && gates);
    if (starting->said_ready && starting->run.pid != 0) return become_ready(fact.service);
    reschedule(fact.service);
  } else if (fact.stopping && std::holds_alternative<Ready>(service.phase) && !service.leaving) {
    become_unready(fact.service, because(Cause::says_stopping, service.status_text));
  } else if (auto* unready = std::get_if<Unready>(&service.phase);
             unready != nullptr && fact.ready && gates) {
    become_ready_again(fact.service, *unready);
  }
}

void Turn::note_settled(ServiceId id) {
  Service& service = edit(id);
  auto* ready = std::get_if<Ready>(&service.phase);
  if (ready == nullptr || now_.mono - service.since < spec(id).restart.settled) return;
  ready->run.settled = true;
  service.unsettled = 0;
}

void Turn::died(ServiceId id) {
  note_settled(id);
  const Service& service = at(id);
  const Run& run = *run_of(service.phase);
  Why why = service.why;
  if (!service.leaving) {
    why = {};
    why.cause = Cause::exited;
    why.exit = *run.exit;
    why.other = id;
    why.span = now_.mono - run.spawned;
  }
  if (run.over()) return conclude(id, std::move(why), true);
  begin_stop(id, std::move(why), true);
}

} // namespace holdfast::model
