#include "model/turn.h"

#include <algorithm>
#include <cerrno>

namespace holdfast::model {
namespace {

/// The first pause between questions while a service starts.
constexpr Duration first_pause = 100ms;
/// What is not ready is asked again after this share of the time that it has taken, up to `every`: a fast one
/// is ready soon, a slow one is not made slower by being asked, and none is told much later than it is.
constexpr int share_of_start = 8;

/// Whether trying again later can help: the machine is short of something, the program is not wrong.
bool is_transient(int error) {
  switch (error) {
  case EAGAIN:
  case ENOMEM:
  case ENFILE:
  case EMFILE:
  case ETXTBSY:
  case EBUSY: return true;
  }
  return false;
}

ProbeTrack track_of(const Probe& probe, MonoTime spawned, Duration pause) {
  ProbeTrack track;
  track.pause = std::min(pause, probe.every);
  track.next = later(spawned, std::max(probe.quiet, track.pause));
  return track;
}

} // namespace

Duration Turn::start_pause(const Probe& probe, Duration elapsed) {
  return std::min(std::max(elapsed / share_of_start, first_pause), probe.every);
}

void Turn::take(const RequirementsSeen& seen) {
  auto* waiting = std::get_if<Waiting>(&edit(seen.service).phase);
  // Of two looks the later counts, also where the earlier has been answered.
  if (waiting == nullptr || waiting->look == Look::unknown) return;
  touch(seen.service);
  if (seen.missing.empty()) {
    waiting->look = Look::satisfied;
    return;
  }
  waiting->look = Look::unknown;
  waiting->look_again = later(now_.mono, look_pause);
  reschedule(seen.service);
  wait_because(seen.service, {.why = because(Cause::requirement, seen.missing), .held = true});
}

Starting Turn::next_run(ServiceId id) {
  Service& service = edit(id);
  service.last_run = service.last_run.next();
  service.status_text.clear();
  service.added = false;
  return starting_now(id, service.last_run, 0);
}

Starting Turn::starting_now(ServiceId id, RunNumber number, int pid) {
  Starting starting;
  starting.run.number = number;
  starting.run.pid = pid;
  starting.run.spawned = now_.mono;
  for (const Need& need : spec(id).needs)
    starting.run.needs.push_back(at(need.on).last_run);
  starting.deadline = later(now_.mono, spec(id).start_within);
  return starting;
}

void Turn::spawn(ServiceId id) {
  Starting starting = next_run(id);
  actions_.push_back(Spawn{id, starting.run.number});
  Why origin = std::get<Waiting>(at(id).phase).origin;
  enter(id, std::move(starting), std::move(origin));
}

void Turn::watch_external(ServiceId id) {
  Starting starting = next_run(id);
  starting.ready = track_of(spec(id).ready, now_.mono, first_pause);
  Why origin = std::get<Waiting>(at(id).phase).origin;
  enter(id, std::move(starting), std::move(origin));
}

void Turn::take(const SpawnSucceeded& fact) {
  Run* run = launching_run_at(fact.service, fact.run);
  if (run == nullptr) return;
  run->pid = fact.pid;
  Phase& phase = edit(fact.service).phase;
  if (auto* stopping = std::get_if<Stopping>(&phase); stopping != nullptr) {
    if (stopping->stage == StopStage::launching) climb(fact.service, *stopping, 0);
    // Born after the kill, it did not get it.
    if (stopping->stage >= StopStage::killed) kill(fact.service, *stopping);
    return;
  }
  watch_start(fact.service, std::get<Starting>(phase));
}

void Turn::watch_start(ServiceId id, Starting& starting) {
  if (!spec(id).task && expect_ready(id, starting)) return become_ready(id);
  // Asked often enough that its answer comes before the deadline does.
  if (const auto& progress = spec(id).progress)
    starting.progress = track_of(*progress, now_.mono, spec(id).start_within / 4);
  reschedule(id);
}

bool Turn::expect_ready(ServiceId id, Starting& starting) {
  const Probe& ready = spec(id).ready;
  switch (ready.kind) {
  case ProbeKind::running: starting.ready.next = later(now_.mono, ready.running); return ready.running == 0s;
  case ProbeKind::exec:
  case ProbeKind::observed: starting.ready = track_of(ready, now_.mono, first_pause); return false;
  case ProbeKind::notify: return starting.said_ready;
  }
  return false;
}

void Turn::take(const SpawnFailed& fact) {
  Run* run = launching_run_at(fact.service, fact.run);
  if (run == nullptr) return;
  const Service& service = at(fact.service);
  Why why = because(Cause::spawn_failed);
  why.other = fact.service;
  why.text = fact.what;
  if (service.leaving || is_transient(fact.error)) return conclude(fact.service, std::move(why), true);
  enter(fact.service, Failed{}, std::move(why));
}

void Turn::take(const SpawnRefused& fact) {
  Run* run = launching_run_at(fact.service, fact.run);
  if (run == nullptr) return;
  const Service& service = at(fact.service);
  Why why = because(Cause::requirement, fact.what);
  if (std::holds_alternative<Stopping>(service.phase) || service.leaving)
    return conclude(fact.service, std::move(why), false);
  Waiting waiting;
  waiting.look_again = later(now_.mono, look_pause);
  waiting.held = true;
  waiting.origin = service.why;
  enter(fact.service, std::move(waiting), std::move(why));
}

void Turn::become_ready(ServiceId id) {
  auto& starting = std::get<Starting>(edit(id).phase);
  Ready ready{.run = std::move(starting.run), .ready = ready_track(id), .live = {}};
  ready.live = live_track(id, ready.run);
  // Until now the deadline of its start was what bounded it.
  if (ready.run.short_since != never) ready.run.short_since = now_.mono;
  Why why = because(Cause::answers);
  why.span = now_.mono - ready.run.spawned;
  enter(id, std::move(ready), std::move(why));
}

ProbeTrack Turn::ready_track(ServiceId id) const {
  ProbeTrack track;
  const Probe& probe = spec(id).ready;
  if (!is_asked(probe.kind)) return track;
  track.pause = probe.every;
  track.next = later(now_.mono, probe.every);
  return track;
}

ProbeTrack Turn::live_track(ServiceId id, const Run& run) const {
  ProbeTrack track;
  if (!spec(id).live) return track;
  const Probe& probe = spec(id).live->probe;
  track.pause = probe.every;
  track.next = std::max(later(now_.mono, probe.every), later(run.spawned, probe.quiet));
  return track;
}

void Turn::due_starting(ServiceId id) {
  auto& starting = std::get<Starting>(edit(id).phase);
  const ServiceSpec& service = spec(id);
  if (service.ready.kind == ProbeKind::running && starting.ready.next <= now_.mono) return become_ready(id);
  if (starting.held && later(starting.run.spawned, service.progress_up_to) <= now_.mono) {
    resume_start(id, starting);
    starting.deadline = now_.mono;
  }
  // The end of one that leaves is coming, in order.
  if (starting.deadline <= now_.mono && !at(id).leaving) return start_overdue(id, starting);
  if (starting.deadline <= now_.mono) starting.deadline = never;
  ask_if_due(id, ProbeRole::ready, starting.ready);
  ask_if_due(id, ProbeRole::progress, starting.progress);
}

void Turn::start_overdue(ServiceId id, Starting& starting) {
  Why why = because(Cause::start_deadline);
  why.span = now_.mono - starting.run.spawned;
  why.text = at(id).status_text;
  if (!is_external(id)) return begin_stop(id, std::move(why), true);
  Unready unready;
  unready.run = std::move(starting.run);
  unready.ready = starting.ready;
  unready.live = live_track(id, unready.run);
  enter(id, std::move(unready), std::move(why));
}

} // namespace holdfast::model
