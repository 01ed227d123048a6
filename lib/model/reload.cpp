#include "model/merge.h"
#include "model/turn.h"

#include <algorithm>
#include <utility>

namespace holdfast::model {
namespace {

/// The runs that a run was started on, in the order of its new needs; of a new need the present one.
std::vector<RunNumber> runs_of_needs(const std::vector<RunNumber>& runs, const std::vector<Need>& before,
                                     const std::vector<Need>& now, const std::vector<Service>& services) {
  std::vector<RunNumber> moved;
  for (const Need& need : now) {
    const auto old =
        std::find_if(before.begin(), before.end(), [&](const Need& n) { return n.on == need.on; });
    moved.push_back(old != before.end() ? runs[static_cast<std::size_t>(old - before.begin())]
                                        : services[need.on.index].last_run);
  }
  return moved;
}

} // namespace

void Turn::take(const ConfigurationChanged& changed) {
  if (stack_.state_.shutdown) return;
  const auto before = stack_.spec_;
  swap_spec(changed);
  remember_done(changed.done);
  const Why why = because(Cause::reloaded, changed.by);
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    touch({i});
    if (i >= before->services.size())
      apply_addition({i}, why);
    else
      apply_change({i}, before->services[i], why);
    // Also of one that is to leave: until its turn to be signalled comes, it is asked.
    if (i < before->services.size()) look_anew({i}, before->services[i]);
  }
  reloads_ = changed.reload;
}

void Turn::reload_those_who_stay() {
  for (const ServiceId id : reloads_) {
    const Run* run = run_of(at(id).phase);
    const bool stays = run != nullptr && !at(id).leaving && !std::holds_alternative<Stopping>(at(id).phase);
    if (stays && run->pid != 0 && spec(id).reload) actions_.push_back(ReloadService{id, run->number});
  }
}

void Turn::swap_spec(const ConfigurationChanged& changed) {
  const StackSpec& before = stack_.spec();
  auto& services = stack_.services_;
  Service added;
  added.since = now_.mono;
  added.since_wall = now_.wall;
  services.resize(changed.spec->services.size(), added);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const ServiceSpec& next = changed.spec->services[i];
    // A leaf is named by service and run: one that replaces another of its name goes on counting.
    for (std::size_t j = 0; i >= before.services.size() && j < before.services.size(); ++j)
      if (before.services[j].name == next.name)
        services[i].last_run = std::max(services[i].last_run, services[j].last_run);
    if (Run* run = run_of(services[i].phase); run != nullptr)
      run->needs = runs_of_needs(run->needs, before.services[i].needs, next.needs, services);
  }
  stack_.state_.conditions.resize(changed.spec->conditions.size());
  stack_.spec_ = changed.spec;
  stack_.derive();
  stack_.note_all_changed();
}

void Turn::apply_change(ServiceId id, const ServiceSpec& before, const Why& why) {
  const ServiceSpec& next = spec(id);
  if (next.removed && before.removed) return;
  if (next.removed) return apply_removal(id, why);
  if (before.removed) return apply_addition(id, why);
  const ChangeKind kind = change_between(before, next);
  if (before.enabled && !next.enabled) return ask_stop(id, because(Cause::disabled));
  // One that was started by command is there already.
  if (!before.enabled && next.enabled && !at(id).wanted) return apply_addition(id, why);
  const bool forgotten =
      next.task == TaskRun::once && !at(id).remembered && std::holds_alternative<Finished>(at(id).phase);
  if (at(id).wanted && (kind == ChangeKind::restart || forgotten)) {
    wish(id, why, forgotten);
    end_run_for_restart(id, why);
  }
}

void Turn::apply_removal(ServiceId id, const Why& why) {
  ask_stop(id, because(Cause::removed, why.text));
}

void Turn::apply_addition(ServiceId id, const Why& why) {
  const bool by_command = spec(id).task == TaskRun::on_command;
  if (!stack_.state_.up || !spec(id).enabled || by_command) return leave_down(id);
  edit(id).added = true;
  wish(id, why, false);
}

void Turn::look_anew(ServiceId id, const ServiceSpec& before) {
  const ServiceSpec& next = spec(id);
  if (before.ready == next.ready && before.live == next.live && before.progress == next.progress) return;
  Phase& phase = edit(id).phase;
  if (auto* ready = std::get_if<Ready>(&phase)) {
    ready->ready = ready_track(id);
    ready->live = live_track(id, ready->run);
  } else if (auto* unready = std::get_if<Unready>(&phase)) {
    unready->ready = unready_track(id);
    unready->live = live_track(id, unready->run);
    unready->holds = {};
    if (unready->paused) resume_unready(id, *unready);
  } else if (auto* starting = std::get_if<Starting>(&phase);
             starting != nullptr && (starting->run.pid != 0 || is_external(id))) {
    starting->ready = {};
    starting->progress = {};
    starting->holds = {};
    if (starting->held) resume_start(id, *starting);
    return watch_start(id, *starting);
  }
  reschedule(id);
}

std::optional<Turn::Blocker> Turn::blocked_by_removal(ServiceId id) {
  if (!at(id).added || stack_.counts_.removed_alive == 0) return std::nullopt;
  Why why = because(Cause::removal);
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    if (spec({i}).removed && run_of(at({i}).phase) != nullptr) why.other = {i};
  return Blocker{.why = std::move(why)};
}

void Turn::touch_added() {
  for (std::uint32_t i = 0; i < stack_.size(); ++i)
    if (at({i}).added) touch({i});
}

} // namespace holdfast::model
