#include "ledger.h"

#include "model/words.h"
#include "support/overloaded.h"

#include <algorithm>
#include <set>

namespace holdfast::model::test {
namespace {

bool seems_up(const Service& service) {
  const bool up =
      std::holds_alternative<Ready>(service.phase) || std::holds_alternative<Finished>(service.phase);
  return up && !service.leaving;
}

bool is_overdue(const Service& service) {
  const auto* stopping = std::get_if<Stopping>(&service.phase);
  return stopping != nullptr && stopping->stage == StopStage::overdue;
}

bool is_coming(const Service& service) {
  switch (name_of(service.phase)) {
  case PhaseName::waiting: return !std::get<Waiting>(service.phase).held;
  case PhaseName::starting:
  case PhaseName::backoff: return true;
  case PhaseName::stopping: return service.wanted && !is_overdue(service);
  case PhaseName::ready:
  case PhaseName::unready: return service.wanted && service.leaving;
  case PhaseName::down:
  case PhaseName::failed:
  case PhaseName::done: return false;
  }
  return false;
}

Duration ladder(const ServiceSpec& service) {
  Duration sum{};
  for (const Rung& rung : service.stop)
    sum += rung.wait;
  return sum;
}

} // namespace

bool Ledger::lives(ServiceId service, RunNumber run) const {
  const auto life = lives_.find(service);
  return life != lives_.end() && life->second.run == run;
}

void Ledger::note_launch(ServiceId service, RunNumber run, bool succeeded, MonoTime now) {
  if (!lives(service, run) || lives_.at(service).launched) return;
  lives_.at(service).launched = true;
  if (!succeeded) note_end(service, run, true, true, now);
}

void Ledger::note_end(ServiceId service, RunNumber run, bool exited, bool emptied, MonoTime now) {
  if (!lives(service, run)) return;
  Life& life = lives_.at(service);
  if (exited && !life.exited) life.exit_seen = now;
  life.exited = life.exited || exited;
  life.emptied = life.emptied || emptied;
  if (life.exited && life.emptied) lives_.erase(service);
}

void Ledger::note(const Stack& before, const Event& event, const Now& now) {
  caught_up_ = before.next_deadline() > now.mono || std::holds_alternative<DeadlinePassed>(event);
  const auto bound = later(now.mono, before.spec().stop_within);
  std::visit(Overloaded{
                 [&](const SpawnSucceeded& fact) { note_launch(fact.service, fact.run, true, now.mono); },
                 [&](const SpawnFailed& fact) { note_launch(fact.service, fact.run, false, now.mono); },
                 [&](const SpawnRefused& fact) { note_launch(fact.service, fact.run, false, now.mono); },
                 [&](const ProcessExited& fact) { note_end(fact.service, fact.run, true, false, now.mono); },
                 [&](const LeafEmptied& fact) { note_end(fact.service, fact.run, false, true, now.mono); },
                 [&](const ShutdownAsked&) {
                   if (!before.shutting_down()) stack_bound_ = bound;
                 },
                 [&](const CommandAsked& asked) {
                   if (asked.verb == Verb::stop && asked.services.empty() && !stack_bound_)
                     stack_bound_ = bound;
                 },
                 [&](const EngineReturned& fact) { note_found(fact.found); },
                 [](const auto&) {},
             },
             event);
}

void Ledger::note_found(const std::vector<FoundRun>& found) {
  Lives alive;
  for (const FoundRun& run : found) {
    Life& life = alive[run.service];
    const auto known = lives_.find(run.service);
    if (known != lives_.end() && known->second.run == run.run) life = known->second;
    life.run = run.run;
    life.launched = true;
    last_[run.service] = std::max(last_[run.service], run.run);
  }
  // What was never born is nothing; of what is no more, the exit is still to be told.
  for (auto& [service, life] : lives_)
    if (alive.count(service) == 0 && life.launched && !life.exited) {
      life.emptied = true;
      alive[service] = life;
    }
  lives_ = std::move(alive);
}

void Ledger::complain(const Stack& stack, ServiceId service, const std::string& what) {
  wrong_ += stack.spec(service).name + ": " + what + "; ";
}

std::string Ledger::check(const Stack& after, const Actions& actions, const Now& now) {
  wrong_.clear();
  check_actions(after, actions, now.mono);
  check_phases(after, now.mono);
  check_counters(after);
  check_deadlines(after, now.mono);
  if (after.verdict() != Verdict::stopping && !after.shutting_down()) stack_bound_.reset();
  return wrong_;
}

void Ledger::check_actions(const Stack& stack, const Actions& actions, MonoTime now) {
  for (const Action& action : actions)
    std::visit(Overloaded{
                   [&](const Spawn& spawn) { check_spawn(stack, spawn); },
                   [&](const Signal& rung) { check_signal(stack, rung.service, rung.run, now); },
                   [&](const RunStopProgram& rung) { check_signal(stack, rung.service, rung.run, now); },
                   [&](const KillGroup& kill) { check_kill(stack, kill, now); },
                   [](const auto&) {},
               },
               action);
}

void Ledger::check_spawn(const Stack& stack, const Spawn& spawn) {
  if (lives_.count(spawn.service) != 0) complain(stack, spawn.service, "a second live run");
  if (spawn.run <= last_[spawn.service]) complain(stack, spawn.service, "a run number used again");
  if (!stack.service(spawn.service).wanted) complain(stack, spawn.service, "started though unwanted");
  for (const Need& need : stack.spec(spawn.service).needs)
    if (!need.soft && !seems_up(stack.service(need.on)))
      complain(stack, spawn.service, "started without a need");
  last_[spawn.service] = spawn.run;
  lives_[spawn.service].run = spawn.run;
}

void Ledger::check_signal(const Stack& stack, ServiceId service, RunNumber run, MonoTime now) {
  if (!lives(service, run)) return complain(stack, service, "a signal to a run that is over");
  Life& life = lives_.at(service);
  const bool first = !life.stop_began;
  if (first) life.stop_began = now;
  if (!first || !stack.service(service).leaving) return;
  if (stack_bound_ && *stack_bound_ <= now) return;
  for (const auto& dependent : stack.dependents(service)) {
    const bool done = lives_.count(dependent.id) == 0 || is_overdue(stack.service(dependent.id));
    if (!dependent.soft && !done) complain(stack, service, "signalled before what needs it");
  }
}

void Ledger::check_kill(const Stack& stack, const KillGroup& kill, MonoTime now) {
  if (!lives(kill.service, kill.run)) return complain(stack, kill.service, "a kill of a run that is over");
  if (stack_bound_ && *stack_bound_ <= now) return;
  const Life& life = lives_.at(kill.service);
  const ServiceSpec& spec = stack.spec(kill.service);
  const bool by_ladder = life.stop_began && *life.stop_began + ladder(spec) <= now;
  const bool by_leftovers = life.exit_seen && *life.exit_seen + spec.leftovers <= now;
  const auto& service = stack.service(kill.service);
  const bool by_launch = !life.stop_began && service.since + spec.stop.front().wait <= now;
  if (!by_ladder && !by_leftovers && !by_launch) complain(stack, kill.service, "killed too soon");
}

void Ledger::check_phases(const Stack& stack, MonoTime now) {
  unsigned starting = 0;
  for (std::uint32_t i = 0; i < stack.size(); ++i) {
    const ServiceId id{i};
    const Service& service = stack.service(id);
    const Run* run = run_of(service.phase);
    // What lives elsewhere has neither a process nor a turn.
    if (!stack.spec(id).external.empty()) continue;
    starting += std::holds_alternative<Starting>(service.phase) ? 1U : 0U;
    if ((run != nullptr) != (lives_.count(id) != 0)) complain(stack, id, "its run is not what lives");
    if (run != nullptr && lives_.count(id) != 0 && run->number != lives_.at(id).run)
      complain(stack, id, "another run than the one that lives");
    if (run == nullptr && service.wanted == std::holds_alternative<Down>(service.phase))
      complain(stack, id, "goal and phase disagree");
    if (run == nullptr && service.leaving) complain(stack, id, "leaves without a run");
    if (run != nullptr && !service.wanted && !service.leaving) complain(stack, id, "unwanted but stays");
    const auto* backoff = std::get_if<Backoff>(&service.phase);
    if (backoff != nullptr && caught_up_ && backoff->until <= now) complain(stack, id, "overslept");
    if (service.charges.size() > stack.spec(id).restart.budget) complain(stack, id, "over its budget");
  }
  if (starting > stack.spec().start_at_once) wrong_ += "too many are starting; ";
}

void Ledger::check_deadlines(const Stack& stack, MonoTime now) {
  if (!caught_up_ || stack.next_deadline() > now) return;
  wrong_ += "the next deadline is not in the future, perhaps of: ";
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    wrong_ += stack.spec({i}).name + " " + std::string(word(name_of(stack.service({i}).phase))) + ", ";
}

void Ledger::check_counters(const Stack& stack) {
  std::set<ServiceId> critical;
  std::set<ServiceId> others;
  unsigned wanted = 0;
  unsigned up = 0;
  bool coming = false;
  bool watched = false;
  for (std::uint32_t i = 0; i < stack.size(); ++i) {
    const Service& service = stack.service({i});
    const ServiceSpec& spec = stack.spec({i});
    coming = coming || is_coming(service);
    watched = watched || (!spec.external.empty() && run_of(service.phase) != nullptr);
    if (spec.task == TaskRun::on_command) continue;
    wanted += service.wanted ? 1U : 0U;
    up += service.wanted && seems_up(service) ? 1U : 0U;
    if (spec.critical && (service.wanted || spec.enabled) && !seems_up(service)) critical.insert({i});
    if (!spec.critical && service.wanted && !seems_up(service)) others.insert({i});
  }
  if (stack.door_open() && !critical.empty()) wrong_ += "the door is open without a critical service; ";
  if (critical != stack.critical_missing() || others != stack.others_missing())
    wrong_ += "the sets of what is missing are wrong; ";
  if (wanted != stack.wanted() || up != stack.wanted_up()) wrong_ += "the counters are wrong; ";
  if (coming != stack.coming()) wrong_ += "coming() is wrong; ";
  if (stack.any_run() != (watched || !lives_.empty())) wrong_ += "any_run() is wrong; ";
  if (stack.verdict() == Verdict::starting && !stack.coming()) wrong_ += "starting, but nothing comes; ";
}

} // namespace holdfast::model::test
