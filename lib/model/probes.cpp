#include "model/turn.h"

#include <algorithm>

namespace holdfast::model {

void Turn::ask(ServiceId id, ProbeRole role, ProbeTrack& track) {
  Run& run = *run_of(edit(id).phase);
  track.asked = ++run.questions;
  track.next = never;
  actions_.push_back(AskProbe{id, run.number, role, track.asked});
}

void Turn::ask_if_due(ServiceId id, ProbeRole role, ProbeTrack& track) {
  if (track.asked == 0 && track.next <= now_.mono) ask(id, role, track);
}

namespace {

/// While it does not answer it is asked again after so long, then after twice that, up to `every`: what is
/// asked seldom may be mended soon.
constexpr Duration unready_pause = 10s;

/// Counts one answer; one that says nothing breaks no row.
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
  case ProbeOutcome::starting: track.failures = track.successes = 0; return;
  case ProbeOutcome::unknown:
  case ProbeOutcome::unseen: return;
  }
}

/// Where it only matters that it lives: who says that it starts does.
ProbeOutcome sign_of_life(ProbeOutcome outcome) {
  return outcome == ProbeOutcome::starting ? ProbeOutcome::succeeded : outcome;
}

bool says_something(ProbeOutcome outcome) {
  return outcome != ProbeOutcome::unknown && outcome != ProbeOutcome::unseen;
}

/// What the counted answer of a ready probe says about the time that the service is given.
/// Only an observer that comes back by itself is waited for: what is wrong on this machine may be wrong for
/// ever.
void note_holds(Holds& holds, const Probe& probe, const ProbeTrack& track, ProbeOutcome outcome) {
  switch (outcome) {
  case ProbeOutcome::starting:
    holds.recovery = true;
    holds.unseen = false;
    return;
  case ProbeOutcome::unseen: holds.unseen = true; return;
  case ProbeOutcome::unknown: holds.unseen = false; return;
  case ProbeOutcome::failed:
    holds.unseen = false;
    if (track.failures >= probe.failures) holds.recovery = false;
    return;
  case ProbeOutcome::succeeded: holds.recovery = holds.unseen = false; return;
  }
}

/// What was asked before a reload, perhaps of another place, says nothing about the probe as it is now.
bool is_waited_for(const ProbeAnswered& answer, const ProbeTrack& track) {
  return track.asked != 0 && track.asked == answer.question;
}

void ask_again(ProbeTrack& track, MonoTime now) {
  track.asked = 0;
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
    unknown.said += unknown.said.empty() ? "it failed" : "";
    unknown.said += ", which is not believed while the machine is short of something or has just woken";
    return take(unknown);
  }
  if (auto* starting = std::get_if<Starting>(&edit(answer.service).phase))
    answered_starting(answer.service, *starting, answer);
  else if (!std::holds_alternative<Stopping>(at(answer.service).phase))
    answered_running(answer.service, answer);
  reschedule(answer.service);
}

void Turn::answered_starting(ServiceId id, Starting& phase, const ProbeAnswered& answer) {
  switch (answer.role) {
  case ProbeRole::ready:
    if (!is_waited_for(answer, phase.ready)) return;
    phase.ready.pause = start_pause(spec(id).ready, now_.mono - phase.run.spawned);
    ask_again(phase.ready, now_.mono);
    count_answer(phase.ready, answer.outcome);
    note_holds(phase.holds, spec(id).ready, phase.ready, answer.outcome);
    // What it said before it answered is over.
    if (answer.outcome == ProbeOutcome::succeeded || !answer.said.empty()) edit(id).status_text = answer.said;
    if (phase.ready.successes >= spec(id).ready.successes) return become_ready(id);
    return weigh_start(id, phase);
  case ProbeRole::progress:
    if (!is_waited_for(answer, phase.progress)) return;
    phase.progress.pause = std::min(spec(id).progress->every, spec(id).start_within / 4);
    ask_again(phase.progress, now_.mono);
    return progress_answered(id, phase, sign_of_life(answer.outcome));
  case ProbeRole::live: return;
  }
}

void Turn::progress_answered(ServiceId id, Starting& phase, ProbeOutcome outcome) {
  count_answer(phase.progress, outcome);
  if (outcome == ProbeOutcome::succeeded)
    phase.holds.progress = true;
  else if (phase.progress.failures >= spec(id).progress->failures)
    phase.holds.progress = false;
  weigh_start(id, phase);
}

void Turn::weigh_start(ServiceId id, Starting& phase) {
  const bool in_time = now_.mono < later(phase.run.spawned, spec(id).progress_up_to);
  // One that leaves has no deadline left to hold.
  if (!phase.held && phase.holds.any() && phase.deadline != never && in_time)
    hold_start(id, phase);
  else if (phase.held && !phase.holds.any())
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
  Phase& phase = edit(id).phase;
  switch (answer.role) {
  // An answer about progress that comes when there is nothing left to wait for.
  case ProbeRole::progress: return;
  case ProbeRole::live: return live_answered(id, answer);
  case ProbeRole::ready: break;
  }
  if (auto* ready = std::get_if<Ready>(&phase))
    answered_ready(id, *ready, answer);
  else if (auto* unready = std::get_if<Unready>(&phase))
    answered_unready(id, *unready, answer);
}

void Turn::answered_ready(ServiceId id, Ready& ready, const ProbeAnswered& answer) {
  if (!is_waited_for(answer, ready.ready)) return;
  ask_again(ready.ready, now_.mono);
  const Probe& probe = spec(id).ready;
  // One that recovers lets nobody in, whatever it says.
  const bool recovers = answer.outcome == ProbeOutcome::starting;
  count_answer(ready.ready, recovers ? ProbeOutcome::failed : answer.outcome);
  note_unknown(id, probe, ready.ready, answer);
  const bool tells = answer.outcome == ProbeOutcome::succeeded || !says_something(answer.outcome);
  if (tells && probe.kind == ProbeKind::observed) edit(id).status_text = answer.said;
  if (ready.ready.failures < probe.failures) return;
  become_unready(id, probe_why(Cause::not_ready, ready.ready, answer.said));
  auto& unready = std::get<Unready>(edit(id).phase);
  note_holds(unready.holds, probe, unready.ready, answer.outcome);
  weigh_unready(id, unready);
}

void Turn::note_unknown(ServiceId id, const Probe& probe, ProbeTrack& track, const ProbeAnswered& answer) {
  if (says_something(answer.outcome)) {
    track.unknowns = 0;
    track.hindrance.clear();
    return;
  }
  ++track.unknowns;
  track.hindrance = answer.said;
  // Told once for each row, like failures.
  if (track.unknowns != probe.failures) return;
  Why why = because(answer.role == ProbeRole::live ? Cause::live_unknown : Cause::ready_unknown, answer.said);
  why.count = track.unknowns;
  actions_.push_back(ReportTrouble{id, answer.run, std::move(why)});
}

void Turn::answered_unready(ServiceId id, Unready& unready, const ProbeAnswered& answer) {
  if (!is_waited_for(answer, unready.ready)) return;
  const Probe& probe = spec(id).ready;
  unready.ready.pause = std::min(unready.ready.pause * 2, probe.every);
  ask_again(unready.ready, now_.mono);
  count_answer(unready.ready, answer.outcome);
  note_unknown(id, probe, unready.ready, answer);
  note_holds(unready.holds, probe, unready.ready, answer.outcome);
  const bool is_observed = probe.kind == ProbeKind::observed;
  if (is_observed && (answer.outcome == ProbeOutcome::succeeded || !answer.said.empty()))
    edit(id).status_text = answer.said;
  if (unready.ready.successes >= probe.successes) return become_ready_again(id, unready);
  weigh_unready(id, unready);
}

ProbeTrack Turn::unready_track(ServiceId id) const {
  ProbeTrack track = ready_track(id);
  if (!is_asked(spec(id).ready.kind)) return track;
  track.pause = std::min(track.pause, unready_pause);
  track.next = later(now_.mono, track.pause);
  return track;
}

void Turn::weigh_unready(ServiceId id, Unready& phase) {
  const bool in_time = now_.mono < later(at(id).since, spec(id).progress_up_to);
  if (!phase.paused && phase.holds.any() && in_time && !at(id).leaving)
    pause_unready(id, phase);
  else if (phase.paused && !phase.holds.any())
    resume_unready(id, phase);
}

void Turn::pause_unready(ServiceId id, Unready& phase) {
  const Duration left = phase.deadline == never ? Duration{} : phase.deadline - now_.mono;
  change(id, [&](Service&) { phase.paused = std::max(left, Duration{}); });
  phase.paused_until = later(at(id).since, spec(id).progress_up_to);
  phase.deadline = never;
}

void Turn::resume_unready(ServiceId id, Unready& phase) {
  // What lives elsewhere has no deadline to come back to.
  if (!is_external(id)) phase.deadline = later(now_.mono, *phase.paused);
  phase.paused_until = never;
  change(id, [&](Service&) { phase.paused.reset(); });
}

void Turn::become_ready_again(ServiceId id, Unready& unready) {
  if (spec(id).ready.kind == ProbeKind::exec) edit(id).status_text.clear(); // an observed one has said more
  Ready again{std::move(unready.run), ready_track(id), unready.live};
  Why why = because(Cause::answers);
  why.span = now_.mono - again.run.spawned;
  enter(id, std::move(again), std::move(why));
}

void Turn::become_unready(ServiceId id, Why why) {
  note_settled(id);
  auto& ready = std::get<Ready>(edit(id).phase);
  // What lives elsewhere is nobody's here to restart: there is nothing that a deadline could do.
  const MonoTime deadline = is_external(id) ? never : later(now_.mono, spec(id).unready_within);
  Unready unready;
  unready.run = std::move(ready.run);
  unready.deadline = deadline;
  unready.ready = ready.ready;
  unready.live = ready.live;
  unready.ready.successes = 0;
  if (is_asked(spec(id).ready.kind) && unready.ready.asked == 0) {
    unready.ready.pause = std::min(unready.ready.pause, unready_pause);
    unready.ready.next = std::min(unready.ready.next, later(now_.mono, unready.ready.pause));
  }
  enter(id, std::move(unready), std::move(why));
}

void Turn::live_answered(ServiceId id, const ProbeAnswered& answer) {
  auto* ready = std::get_if<Ready>(&edit(id).phase);
  auto* unready = std::get_if<Unready>(&edit(id).phase);
  ProbeTrack& track = ready != nullptr ? ready->live : unready->live;
  if (!is_waited_for(answer, track)) return;
  ask_again(track, now_.mono);
  count_answer(track, sign_of_life(answer.outcome));
  if (says_something(answer.outcome)) track.said = track.failures > 0 ? answer.said : "";
  const LiveProbe& live = *spec(id).live;
  note_unknown(id, live.probe, track, answer);
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
  if (phase.paused && phase.paused_until <= now_.mono) {
    resume_unready(id, phase);
    phase.deadline = is_external(id) ? never : now_.mono;
  }
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
