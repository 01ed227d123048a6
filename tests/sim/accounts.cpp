#include "accounts.h"

#include "support/overloaded.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

void Accounts::open(const Stack& stack) {
  accounts_.assign(stack.size(), {});
  runs_ = 0;
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    look_at(stack, {i}, {});
}

void Accounts::note_event(const Step& step) {
  const MonoTime now = step.now.mono;
  std::visit(Overloaded{
                 [&](const SpawnSucceeded& fact) { note_launch(fact.service, fact.run, true, now); },
                 [&](const SpawnFailed& fact) { note_launch(fact.service, fact.run, false, now); },
                 [&](const SpawnRefused& fact) { note_launch(fact.service, fact.run, false, now); },
                 [&](const ProcessExited& fact) { note_end(fact.service, fact.run, true, false, now); },
                 [&](const LeafEmptied& fact) { note_end(fact.service, fact.run, false, true, now); },
                 [&](const EngineReturned& fact) { note_return(step, fact); },
                 [&](const ConfigurationChanged&) { note_change(step); },
                 [](const auto&) {},
             },
             step.event);
}

void Accounts::begin(Account& account, RunNumber run, MonoTime now) {
  if (!account.exists) ++runs_;
  account.exists = true;
  account.launched = false;
  account.exited = false;
  account.emptied = false;
  account.run = run;
  account.highest = std::max(account.highest, run);
  account.spawned = now;
  account.rungs = 0;
  account.rung_again = false;
  account.killed = never;
  account.killed_born = false;
  account.ladder_changed = false;
}

void Accounts::end(Account& account) {
  if (account.exists) --runs_;
  account.exists = false;
}

void Accounts::note_launch(ServiceId service, RunNumber run, bool succeeded, MonoTime now) {
  Account& account = accounts_[service.index];
  if (!account.exists || account.run != run || account.launched) return;
  account.launched = true;
  account.launched_at = now;
  if (!succeeded) end(account);
}

void Accounts::note_end(ServiceId service, RunNumber run, bool exited, bool emptied, MonoTime now) {
  Account& account = accounts_[service.index];
  if (!account.exists || account.run != run) return;
  if (exited && !account.exited) account.exited_at = now;
  account.exited = account.exited || exited;
  account.emptied = account.emptied || emptied;
  if (account.over()) end(account);
}

void Accounts::note_return(const Step& step, const EngineReturned& fact) {
  for (std::uint32_t i = 0; i < size(); ++i) {
    const auto found = std::find_if(fact.found.begin(), fact.found.end(),
                                    [i](const FoundRun& run) { return run.service.index == i; });
    note_found(step, {i}, found == fact.found.end() ? nullptr : &*found);
  }
}

void Accounts::note_found(const Step& step, ServiceId service, const FoundRun* found) {
  Account& account = accounts_[service.index];
  const MonoTime now = step.now.mono;
  if (found == nullptr) {
    account.emptied = true;
    // One that was never seen to be born was not, or all of it is gone and nobody waits for its report.
    if (account.exists && (account.over() || !account.launched)) end(account);
    return;
  }
  const bool is_known = account.exists && account.run == found->run;
  if (!is_known) begin(account, found->run, now);
  if (is_known && account.climbing && account.rungs > 0 && !found->rung_done) {
    --account.rungs;
    account.rung_again = true;
  }
  if (found->pid != 0) {
    if (!account.launched) account.launched_at = now;
    account.launched = true;
  } else if (!account.launched && !account.exited) {
    // Nobody knows which its main process was: no report of its exit is to come.
    account.launched = true;
    account.exited = true;
    account.exited_at = now;
  }
}

void Accounts::note_change(const Step& step) {
  accounts_.resize(step.stack.size());
  for (Account& account : accounts_)
    account.ladder_changed = true;
}

void Accounts::note_spawn(const Step& step, const Spawn& spawn) {
  Account& account = accounts_[spawn.service.index];
  begin(account, spawn.run, step.now.mono);
  account.needs.clear();
  for (const Need& need : step.stack.spec(spawn.service).needs)
    account.needs.push_back(step.stack.service(need.on).last_run);
}

void Accounts::note_rung(ServiceId service, MonoTime now) {
  Account& account = accounts_[service.index];
  ++account.rungs;
  account.rung_again = false;
  account.last_rung = now;
}

void Accounts::note_kill(ServiceId service, MonoTime now) {
  Account& account = accounts_[service.index];
  if (account.killed == never || (account.launched && !account.killed_born)) account.killed = now;
  account.killed_born = account.launched;
}

void Accounts::look_at(const Stack& stack, ServiceId id, MonoTime now) {
  const Service& service = stack.service(id);
  Account& account = accounts_[id.index];
  const PhaseName phase = name_of(service.phase);
  if (phase == PhaseName::stopping && account.phase != phase) account.stopping_since = now;
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  account.climbing = stopping != nullptr && stopping->stage == StopStage::ladder;
  account.phase = phase;
  account.since = service.since;
  account.wanted = service.wanted;
  account.leaving = service.leaving;
  account.starts_fresh = service.starts_fresh;
  account.waits_for_turn = phase == PhaseName::waiting && service.why.cause == Cause::turn;
  account.existed = account.exists;
}

void Accounts::close(const Step& step) {
  for (std::uint32_t i = 0; i < size(); ++i)
    look_at(step.stack, {i}, step.now.mono);
}

} // namespace holdfast::sim
