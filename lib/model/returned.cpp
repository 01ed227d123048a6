#include "model/turn.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast::model {
void Turn::take(const EngineReturned& fact) {
  // Whoever was ever started has a goal, if only that of being down.
  const auto& services = stack_.services();
  const bool knows_nothing = std::all_of(services.begin(), services.end(), [](const Service& service) {
    return service.goal.cause == Cause::none;
  });
  std::vector<const FoundRun*> found(stack_.size(), nullptr);
  for (const FoundRun& run : fact.found)
    found[run.service.index] = &run;
  // First of all: a run that is adopted remembers on which run of each of its needs it stands.
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const RunNumber used = i < fact.used.size() ? fact.used[i] : RunNumber{};
    const RunNumber last = std::max(used, found[i] != nullptr ? found[i]->run : RunNumber{});
    if (at({i}).last_run < last && !is_external({i})) edit({i}).last_run = last;
  }
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    // A ladder that begins now has its first rung climbed as it does.
    const bool rung_is_due = is_rung_due({i}, found[i]);
    meet({i}, found[i]);
    ask_all_again({i}, rung_is_due);
    if (at({i}).remembered) actions_.push_back(RememberDone{{i}});
    touch({i});
  }
  tell_again_ = true;
  if (!knows_nothing) return;
  remember_done(fact.done);
  start_all(because(Cause::started));
}

void Turn::meet(ServiceId id, const FoundRun* found) {
  if (is_external(id)) return;
  if (Run* run = run_of(edit(id).phase); run != nullptr)
    meet_run(id, *run, found);
  else if (found != nullptr)
    adopt(*found);
}

void Turn::meet_run(ServiceId id, Run& run, const FoundRun* found) {
  const bool is_same = found != nullptr && found->run == run.number;
  if (is_same && run.pid == 0 && found->pid != 0) return take(SpawnSucceeded{id, run.number, found->pid});
  const auto* stopping = std::get_if<Stopping>(&at(id).phase);
  // Killed before its birth was known: whichever was its main process, nobody will report that one's end.
  if (is_same && run.pid == 0 && stopping != nullptr && stopping->stage == StopStage::killed)
    run.exit = run.exit.value_or(ExitStatus{});
  if (is_same && (run.pid != 0 || run.exit)) return;
  if (found != nullptr) return adopt(*found);
  // Between the decision and the birth, or the other way round between the last of it and its report.
  if (run.pid == 0 && !run.exit) return conclude(id, because(Cause::engine_lost), false);
  take(LeafEmptied{id, run.number});
}

void Turn::adopt(const FoundRun& found) {
  Starting starting = starting_now(found.service, found.run, found.pid);
  if (found.pid == 0) return stop_remains(found.service, std::move(starting.run));
  enter(found.service, std::move(starting), because(Cause::adopted));
  // One that is asked is asked again; the others say it once in their life.
  const bool says_it_once = !is_asked(spec(found.service).ready.kind) && !spec(found.service).task;
  if (says_it_once && found.was_ready) return become_ready(found.service);
  watch_start(found.service, std::get<Starting>(edit(found.service).phase));
}

void Turn::stop_remains(ServiceId id, Run run) {
  // Whichever was its main process, nobody will report that one's end.
  run.exit = ExitStatus{};
  Stopping stopping;
  stopping.run = std::move(run);
  stopping.why = because(Cause::adopted);
  enter(id, std::move(stopping), because(Cause::adopted));
  climb(id, std::get<Stopping>(edit(id).phase), 0);
}

bool Turn::is_rung_due(ServiceId id, const FoundRun* found) const {
  const auto* stopping = std::get_if<Stopping>(&at(id).phase);
  if (stopping == nullptr || stopping->stage != StopStage::ladder) return false;
  if (found == nullptr || found->run != stopping->run.number) return false;
  return !found->rung_done;
}

void Turn::ask_all_again(ServiceId id, bool rung_is_due) {
  Phase& phase = edit(id).phase;
  if (auto* waiting = std::get_if<Waiting>(&phase)) {
    if (waiting->look == Look::asked) waiting->look = Look::unknown;
  } else if (auto* starting = std::get_if<Starting>(&phase)) {
    ask_once_more(id, ProbeRole::ready, starting->ready);
    ask_once_more(id, ProbeRole::progress, starting->progress);
  } else if (auto* ready = std::get_if<Ready>(&phase)) {
    ask_once_more(id, ProbeRole::ready, ready->ready);
    ask_once_more(id, ProbeRole::live, ready->live);
  } else if (auto* unready = std::get_if<Unready>(&phase)) {
    ask_once_more(id, ProbeRole::ready, unready->ready);
    ask_once_more(id, ProbeRole::live, unready->live);
  } else if (auto* stopping = std::get_if<Stopping>(&phase)) {
    // A kill can be made twice without harm. A signal or a program can not; but of one that was never asked
    // to stop, nothing would come but its kill.
    if (stopping->stage == StopStage::killed)
      actions_.push_back(KillGroup{id, stopping->run.number});
    else if (rung_is_due)
      climb(id, *stopping, stopping->rung);
  }
  reschedule(id);
}

void Turn::ask_once_more(ServiceId id, ProbeRole role, ProbeTrack& track) {
  // Whoever was asked is gone with the engine.
  if (track.asked != 0) ask(id, role, track);
}

} // namespace holdfast::model
