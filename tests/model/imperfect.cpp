#include "imperfect.h"

#include "support/overloaded.h"

#include <array>
#include <cerrno>
#include <csignal>

namespace holdfast::model::test {

ImperfectMachine::ImperfectMachine(World& world, Dice& dice) : world_(world), dice_(dice) {
  world_.obedient = false;
  world_.listener = [this](const Action& action) { hear(action); };
}

void ImperfectMachine::later_on(Duration within, Event event) {
  to_come_.emplace(world_.now().mono + dice_.up_to(within), std::move(event));
}

void ImperfectMachine::tell() {
  while (!to_come_.empty() && to_come_.begin()->first <= world_.now().mono) {
    const auto first = to_come_.extract(to_come_.begin());
    world_.play(first.mapped());
  }
}

void ImperfectMachine::end_faults() {
  faults_ = false;
  std::vector<Key> stuck;
  for (const auto& [key, process] : processes_)
    if (process.stuck) stuck.push_back(key);
  for (const Key& key : stuck)
    killed(key);
}

void ImperfectMachine::kill_one() {
  if (processes_.empty()) return;
  const auto chosen =
      std::next(processes_.begin(), static_cast<std::ptrdiff_t>(dice_.below(processes_.size())));
  if (chosen->second.launched) die(chosen->first, {.code = 0, .signal = SIGSEGV}, 0s);
}

void ImperfectMachine::hear(const Action& action) {
  std::visit(Overloaded{
                 [&](const LookAtRequirements& asked) { look(asked); },
                 [&](const Spawn& spawn) { launch(spawn); },
                 [&](const Signal& signal) {
                   signalled({signal.service, signal.run});
                 },
                 [&](const RunStopProgram& rung) {
                   signalled({rung.service, rung.run});
                 },
                 [&](const KillGroup& kill) {
                   killed({kill.service, kill.run});
                 },
                 [&](const AskProbe& ask) { answer(ask); },
                 [](const auto&) {},
             },
             action);
}

void ImperfectMachine::look(const LookAtRequirements& look) {
  later_on(100ms, RequirementsSeen{look.service, fault(20) ? "something is missing" : ""});
}

void ImperfectMachine::launch(const Spawn& spawn) {
  const Duration after = fault(3) ? 40s : 100ms;
  constexpr std::array errors = {EAGAIN, ENOMEM, EAGAIN, ENOENT};
  if (fault(6))
    return later_on(after,
                    SpawnFailed{spawn.service, spawn.run, errors[dice_.below(errors.size())], "fault"});
  if (fault(3)) return later_on(after, SpawnRefused{spawn.service, spawn.run, "it is gone"});
  begin_life(spawn, dice_.up_to(after));
}

void ImperfectMachine::begin_life(const Spawn& spawn, Duration after) {
  const ServiceSpec& spec = world_.stack().spec(spawn.service);
  const Key key{spawn.service, spawn.run};
  Process& process = processes_[key];
  process.launched = true;
  process.children = fault(20);
  const MonoTime told = world_.now().mono + after;
  to_come_.emplace(told, SpawnSucceeded{spawn.service, spawn.run, 4711});
  // READY=1 may overtake the news of the exec, and so may the exit.
  if (spec.ready.kind == ProbeKind::notify && !fault(10))
    later_on(2 * after, ServiceNotified{spawn.service, spawn.run, true, false, {}, {}});
  if (fault(15)) die(key, {.code = 1, .signal = 0}, fault(50) ? after : Duration{30s});
  if (spec.task) die(key, {.code = fault(20) ? 1 : 0, .signal = 0}, 5s);
}

void ImperfectMachine::die(Key key, ExitStatus status, Duration span) {
  Process& process = processes_[key];
  if (process.dying) return;
  process.dying = true;
  later_on(span, ProcessExited{key.first, key.second, status});
  if (process.children) return;
  later_on(2 * span, LeafEmptied{key.first, key.second});
  processes_.erase(key);
}

void ImperfectMachine::signalled(Key key) {
  if (processes_.count(key) == 0 || fault(30)) return;
  die(key, {.code = 0, .signal = 0}, fault(30) ? Duration{20s} : Duration{100ms});
}

void ImperfectMachine::killed(Key key) {
  const auto found = processes_.find(key);
  if (found == processes_.end()) return;
  Process& process = found->second;
  process.stuck = fault(5);
  if (process.stuck) return;
  if (!process.dying) later_on(50ms, ProcessExited{key.first, key.second, {.code = 0, .signal = SIGKILL}});
  later_on(50ms, LeafEmptied{key.first, key.second});
  processes_.erase(found);
}

void ImperfectMachine::answer(const AskProbe& ask) {
  const bool good = ask.role != ProbeRole::progress;
  ProbeOutcome outcome = good ? ProbeOutcome::succeeded : ProbeOutcome::failed;
  if (fault(25)) outcome = good ? ProbeOutcome::failed : ProbeOutcome::succeeded;
  if (fault(10)) outcome = ProbeOutcome::unknown;
  later_on(fault(10) ? Duration{3s} : Duration{20ms},
           ProbeAnswered{ask.service, ask.run, ask.role, ask.question, outcome, {}});
}

} // namespace holdfast::model::test
