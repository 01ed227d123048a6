#include "model/turn.h"

namespace holdfast::model {

Stopping& Turn::enter_stopping(ServiceId id, Why why, bool charged) {
  note_settled(id);
  Stopping stopping;
  stopping.run = std::move(*run_of(edit(id).phase));
  stopping.charged = charged;
  stopping.why = why;
  stopping.stage = StopStage::launching;
  // If the launch hangs, its leaf is killed in the time that the first rung would have had.
  stopping.due = later(now_.mono, spec(id).stop.front().wait);
  enter(id, std::move(stopping), std::move(why));
  return std::get<Stopping>(edit(id).phase);
}

void Turn::begin_stop(ServiceId id, Why why, bool charged) {
  if (is_external(id)) return conclude(id, std::move(why), false);
  Stopping& phase = enter_stopping(id, std::move(why), charged);
  if (phase.run.exit)
    main_process_gone(id, phase);
  else if (phase.run.pid != 0)
    climb(id, phase, 0);
}

void Turn::climb(ServiceId id, Stopping& phase, std::size_t rung) {
  if (rung >= spec(id).stop.size()) return kill(id, phase);
  const Rung& step = spec(id).stop[rung];
  phase.stage = StopStage::ladder;
  phase.rung = rung;
  phase.due = later(now_.mono, step.wait);
  if (step.exec.empty())
    actions_.push_back(Signal{id, phase.run.number, step.signal, step.to_all || phase.run.pid == 0});
  else
    actions_.push_back(RunStopProgram{id, phase.run.number, rung});
  reschedule(id);
}

void Turn::kill(ServiceId id, Stopping& phase) {
  change(id, [&](Service&) { phase.stage = StopStage::killed; });
  phase.due = later(now_.mono, kill_grace);
  actions_.push_back(KillGroup{id, phase.run.number});
  reschedule(id);
}

void Turn::main_process_gone(ServiceId id, Stopping& phase) {
  if (phase.run.over()) return conclude(id, phase.why, phase.charged);
  if (phase.stage >= StopStage::leftovers) return;
  phase.stage = StopStage::leftovers;
  phase.due = later(now_.mono, spec(id).leftovers);
  reschedule(id);
}

void Turn::due_stopping(ServiceId id, Stopping& phase) {
  if (phase.due > now_.mono) return;
  switch (phase.stage) {
  case StopStage::ladder: return climb(id, phase, phase.rung + 1);
  case StopStage::launching:
  case StopStage::leftovers: return kill(id, phase);
  case StopStage::killed: {
    // A process that SIGKILL does not end is stuck in the kernel. No deadline helps against that; it is told,
    // and what it needs is stopped without it.
    change(id, [&](Service&) { phase.stage = StopStage::overdue; });
    phase.due = never;
    Why why = because(Cause::survives_kill);
    edit(id).why = why;
    actions_.push_back(ReportTrouble{id, phase.run.number, std::move(why)});
    touch_neighbours(id);
    return;
  }
  case StopStage::overdue: return;
  }
}

} // namespace holdfast::model
