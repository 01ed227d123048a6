#include "model/turn.h"

namespace holdfast::model {

void Turn::take(const ProcessesKilled& fact) {
  if (run_at(fact.service, fact.run) == nullptr) return;
  Why why = because(Cause::children_killed);
  why.count = fact.count;
  actions_.push_back(ReportTrouble{fact.service, fact.run, std::move(why)});
}

void Turn::take(const TasksSpent& fact) {
  if (run_at(fact.service, fact.run) == nullptr) return;
  actions_.push_back(ReportTrouble{fact.service, fact.run, because(Cause::tasks_spent, fact.service)});
}

void Turn::take(const MemoryShort& fact) {
  Run* run = run_at(fact.service, fact.run);
  if (run == nullptr || std::holds_alternative<Stopping>(at(fact.service).phase)) return;
  const bool was_short = run->short_since != never;
  if (fact.is_short == was_short) return;
  run->short_since = fact.is_short ? now_.mono : never;
  reschedule(fact.service);
  if (fact.is_short)
    actions_.push_back(ReportTrouble{fact.service, fact.run, because(Cause::memory_short, fact.service)});
}

bool Turn::ends_for_memory(ServiceId id) {
  Phase& phase = edit(id).phase;
  if (!std::holds_alternative<Ready>(phase) && !std::holds_alternative<Unready>(phase)) return false;
  Run& run = *run_of(phase);
  if (run.short_since == never || now_.mono < later(run.short_since, spec(id).unready_within)) return false;
  // One that leaves is stopped in its order, not sooner, and there is nothing more to wait for.
  if (at(id).leaving) {
    run.short_since = never;
    return false;
  }
  Why why = because(Cause::short_too_long, id);
  why.span = now_.mono - run.short_since;
  begin_stop(id, std::move(why), true);
  return true;
}

} // namespace holdfast::model
