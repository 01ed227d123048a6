#include "model/turn.h"

#include <algorithm>

namespace holdfast::model {

void Turn::ask(ServiceId id, ProbeRole role, ProbeTrack& track) {
  track.asked = true;
  track.next = never;
  actions_.push_back(AskProbe{id, run_of(at(id).phase)->number, role});
}

void Turn::ask_if_due(ServiceId id, ProbeRole role, ProbeTrack& track) {
  if (!track.asked && track.next <= now_.mono) ask(id, role, track);
}

namespace {

/// Counts one answer; an unknown one says nothing and breaks no row.
void count_answer(ProbeTrack& track, ProbeOutcome outcome) {
  switch (outcome) {
  case ProbeOutcome::succeeded:
    ++track.successes;
    track.failures = 0;
    return;
  case ProbeOutcome::failed:
    ++track.failures;
    track.successes = 0;
    return;
  case ProbeOutcome::unknown: return;
  }
}

void ask_again(ProbeTrack& track, MonoTime now) {
  track.asked = false;
  track.next = later(now, track.pause);
}

Why probe_why(Cause cause, const ProbeTrack& track, const std::string& said) {
  Why why = because(cause);
  why.count = track.failures;
  why.text = said;
  return why;
}

} // namespace

void Turn::take(const ProbeAnswered& answer) {
  if (run_at(answer.service, answer.run) == nullptr) return;
  if (answer.outcome == ProbeOutcome::failed && distrusts_probes()) {
    ProbeAnswered unknown = answer;
    unknown.outcome = ProbeOutcome::unknown;
    return take(unknown);
  }
  if (auto* starting = std::get_if<Starting>(&at(answer.service).phase))
    answered_starting(answer.service, *starting, answer);
  else if (!std::holds_alternative<Stopping>(at(answer.service).phase))
    answered_running(answer.service, answer);
  reschedule(answer.service);
}

void Turn::answered_starting(ServiceId id, Starting& phase, const ProbeAnswered& answer) {
  switch (answer.role) {
  case ProbeRole::ready:
    if (!phase.ready.asked) return;
    phase.ready.pause = std::min(phase.ready.pause * 2, spec(id).ready.every);
    ask_again(phase.ready, now_.mono);
    count_answer(phase.ready, answer.outcome);
    // What it said before it answered is over.
    if (answer.outcome == ProbeOutcome::succeeded || !answer.said.empty()) at(id).status_text = answer.said;
    if (phase.ready.successes >= spec(id).ready.successes) become_ready(id);
    return;
  case ProbeRole::progress:
    if (!phase.progress.asked) return;
    phase.progress.pause = std::min(spec(id).progress->every, spec(id).start_within / 4);
    ask_again(phase.progress, now_.mono);
    count_answer(phase.progress, answer.outcome);
    return progress_answered(id, phase, answer.outcome);
  case ProbeRole::live: return;
  }
}

void Turn::progress_answered(ServiceId id, Starting& phase, ProbeOutcome outcome) {
  // One that leaves has no deadline left to hold.
  const bool runs =
      !phase.held && phase.deadline != never && now_.mono < later(phase.run.spawned, spec(id).progress_up_to);
  if (outcome == ProbeOutcome::succeeded && runs)
    hold_start(id, phase);
  else if (phase.held && phase.progress.failures >= spec(id).progress->failures)
    resume_start(id, phase);
}

void Turn::hold_start(ServiceId id, Starting& phase) {
  change(id, [&](Service&) { phase.held = std::max(phase.deadline - now_.mono, Duration{}); });
  phase.deadline = never;
}

void Turn::resume_start(ServiceId id, Starting& phase) {
  phase.deadline = later(now_.mono, *phase.held);
  change(id, [&](Service&) { phase.held.reset(); });
}

void Turn::answered_running(ServiceId id, const ProbeAnswered& answer) {
  // An answer about progress that comes when there is nothing left to wait for.
  if (answer.role == ProbeRole::progress) return;
  Phase& phase = at(id).phase;
  auto* ready = std::get_if<Ready>(&phase);
  auto* unready = std::get_if<Unready>(&phase);
  ProbeTrack& track = answer.role == ProbeRole::live ? (ready != nullptr ? ready->live : unready->live)
                                                     : (ready != nullptr ? ready->ready : unready->ready);
  if (!track.asked) return;
  ask_again(track, now_.mono);
  count_answer(track, answer.outcome);
  if (answer.role == ProbeRole::live) return live_failed(id, answer, track);
  const Probe& probe = spec(id).ready;
  if (ready != nullptr && track.failures >= probe.failures)
    return become_unready(id, probe_why(Cause::not_ready, track, answer.said));
  if (unready != nullptr && track.successes >= probe.successes) become_ready_again(id, *unready);
}

void Turn::become_ready_again(ServiceId id, Unready& unready) {
  if (spec(id).ready.kind == ProbeKind::exec) at(id).status_text.clear();
  Ready again{std::move(unready.run), unready.ready, unready.live};
  Why why = because(Cause::answers);
  why.span = now_.mono - again.run.spawned;
  enter(id, std::move(again), std::move(why));
}

void Turn::become_unready(ServiceId id, Why why) {
  note_settled(id);
  auto& ready = std::get<Ready>(at(id).phase);
  // What lives elsewhere is nobody's here to restart: there is nothing that a deadline could do.
  const MonoTime deadline = is_external(id) ? never : later(now_.mono, spec(id).unready_within);
  Unready unready{.run = std::move(ready.run),
                  .deadline = deadline,
                  .held = false,
                  .ready = ready.ready,
                  .live = ready.live};
  unready.ready.successes = 0;
  enter(id, std::move(unready), std::move(why));
}

void Turn::live_failed(ServiceId id, const ProbeAnswered& answer, const ProbeTrack& track) {
  const LiveProbe& live = *spec(id).live;
  if (answer.outcome != ProbeOutcome::failed || track.failures < live.probe.failures) return;
  // One that leaves is stopped in its order, not sooner.
  if (at(id).leaving) return;
  Why why = probe_why(Cause::not_live, track, answer.said);
  switch (is_external(id) ? LiveAction::alert : live.then) {
  case LiveAction::restart: return begin_stop(id, std::move(why), true);
  case LiveAction::alert:
    // Told once for each row of failures, not at each answer.
    if (track.failures == live.probe.failures)
      actions_.push_back(ReportTrouble{id, answer.run, std::move(why)});
    return;
  }
}

MonoTime Turn::unready_deadline(ServiceId id) {
  if (at(id).leaving) return never;
  // It cannot answer while what it needs does not: its time counts from when all of that was ready.
  if (blocked_by_need(id)) return later(now_.mono, spec(id).unready_within);
  MonoTime from = at(id).since;
  for (const Need& need : spec(id).needs)
    if (!need.soft) from = std::max(from, at(need.on).since);
  return later(from, spec(id).unready_within);
}

void Turn::due_unready(ServiceId id, Unready& phase) {
  if (phase.deadline <= now_.mono) {
    phase.deadline = unready_deadline(id);
    if (phase.deadline <= now_.mono) {
      Why why = because(Cause::unready_too_long);
      why.span = now_.mono - at(id).since;
      why.text = at(id).why.text;
      return begin_stop(id, std::move(why), true);
    }
  }
  ask_if_due(id, ProbeRole::ready, phase.ready);
  ask_if_due(id, ProbeRole::live, phase.live);
}

} // namespace holdfast::model
