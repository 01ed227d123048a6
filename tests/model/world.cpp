#include "world.h"

#include "base/signals.h"
#include "model/merge.h"
#include "model/words.h"
#include "support/catch.h"
#include "support/overloaded.h"

#include <csignal>
#include <deque>
#include <stdexcept>

namespace holdfast::model::test {
namespace {

Now beginning() {
  return {.mono = MonoTime(1000s), .wall = WallTime(1'795'503'210s), .draw = 0};
}

std::string role_name(ProbeRole role) {
  switch (role) {
  case ProbeRole::ready: return "ready";
  case ProbeRole::progress: return "progress";
  case ProbeRole::live: return "live";
  }
  return {};
}

constexpr int some_pid = 4711;

const ProbeTrack* track_of(const Phase& phase, ProbeRole role) {
  const auto* starting = std::get_if<Starting>(&phase);
  const auto* ready = std::get_if<Ready>(&phase);
  const auto* unready = std::get_if<Unready>(&phase);
  switch (role) {
  case ProbeRole::ready:
    if (starting != nullptr) return &starting->ready;
    if (ready != nullptr) return &ready->ready;
    return unready != nullptr ? &unready->ready : nullptr;
  case ProbeRole::progress: return starting != nullptr ? &starting->progress : nullptr;
  case ProbeRole::live:
    if (ready != nullptr) return &ready->live;
    return unready != nullptr ? &unready->live : nullptr;
  }
  return nullptr;
}

} // namespace

std::uint64_t question_out(const Phase& phase, ProbeRole role) {
  const ProbeTrack* track = track_of(phase, role);
  return track != nullptr ? track->asked : 0;
}

World::World(StackSpec spec)
    : stack_(std::make_shared<const StackSpec>(std::move(spec)), beginning()), now_(beginning()) {}

void World::play(Event event) {
  std::deque<Event> events;
  events.push_back(std::move(event));
  for (; !events.empty(); events.pop_front()) {
    take(events.front());
    if (!obedient) continue;
    for (const Action& action : actions_)
      for (Event& fact : answer(action))
        events.push_back(std::move(fact));
  }
}

void World::take(const Event& event) {
  actions_.clear();
  ledger_.note(stack_, event, now_);
  step(stack_, event, now_, actions_);
  if (recorder) recorder(event, now_, actions_);
  for (const Action& action : actions_) {
    write_down(action);
    if (listener) listener(action);
  }
  const std::string wrong = ledger_.check(stack_, actions_, now_);
  if (!wrong.empty()) FAIL(wrong);
}

void World::pass(Duration span) {
  const MonoTime end = now_.mono + span;
  const WallTime wall_end = now_.wall + span;
  for (unsigned turns = 0; stack_.next_deadline() <= end; ++turns) {
    if (turns == 1'000'000) throw std::runtime_error("deadlines without end");
    const Duration ahead = stack_.next_deadline() - now_.mono;
    now_.mono += ahead;
    now_.wall += ahead;
    play(DeadlinePassed{});
  }
  now_.mono = end;
  now_.wall = wall_end;
}

CommandAsked World::command(Verb verb, const Lines& names) const {
  CommandAsked asked{verb, {}, "root"};
  for (const std::string& name : names)
    asked.services.push_back(id(name));
  return asked;
}

void World::spawned(const std::string& name) {
  play(SpawnSucceeded{id(name), run(name), some_pid});
}
void World::spawn_fails(const std::string& name, int error) {
  play(SpawnFailed{id(name), run(name), error, "/usr/bin/x: it failed (execve)"});
}
void World::spawn_refused(const std::string& name, const std::string& what) {
  play(SpawnRefused{id(name), run(name), what});
}
void World::seen(const std::string& name, const std::string& what_is_missing) {
  play(RequirementsSeen{id(name), what_is_missing});
}
void World::exits(const std::string& name, ExitStatus status) {
  play(ProcessExited{id(name), run(name), status});
}
void World::empties(const std::string& name) {
  play(LeafEmptied{id(name), run(name)});
}
void World::dies(const std::string& name, ExitStatus status) {
  const RunNumber dying = run(name);
  play(LeafEmptied{id(name), dying});
  play(ProcessExited{id(name), dying, status});
}
void World::says_ready(const std::string& name) {
  play(ServiceNotified{
      .service = id(name), .run = run(name), .ready = true, .stopping = false, .extend = {}, .status = {}});
}
void World::answers(const std::string& name, ProbeRole role, ProbeOutcome outcome, const std::string& said) {
  play(ProbeAnswered{id(name), run(name), role, question_out(service(name).phase, role), outcome, said});
}

ServiceId World::id(const std::string& name) const {
  const auto found = stack_.find(name);
  if (!found) throw std::invalid_argument("no service " + name);
  return *found;
}

std::string World::phase(const std::string& name) const {
  return std::string(word(name_of(service(name).phase)));
}
std::string World::why(const std::string& name) const {
  return words(stack_, service(name).why);
}
std::string World::verdict() const {
  return std::string(word(stack_.verdict()));
}

void World::condition(std::size_t index, bool met, const std::string& what) {
  play(ConditionSeen{{static_cast<std::uint32_t>(index)}, met, what});
}
void World::reload(const StackSpec& next, const Lines& changed_files, const Lines& done) {
  ConfigurationChanged event;
  event.spec = std::make_shared<const StackSpec>(merged(stack_.spec(), next));
  event.by = "root";
  const auto place = [&](const std::string& name) {
    for (std::uint32_t i = 0; i < event.spec->services.size(); ++i)
      if (event.spec->services[i].name == name && !event.spec->services[i].removed) return ServiceId{i};
    throw std::invalid_argument("no service " + name);
  };
  for (const std::string& name : changed_files)
    event.reload.push_back(place(name));
  for (const std::string& name : done)
    event.done.push_back(place(name));
  play(event);
}
void World::engine_returns(std::vector<FoundRun> found) {
  const auto spec = std::make_shared<const StackSpec>(stack_.spec());
  stack_ = Stack(spec, StackImage{stack_.services(), stack_.state()});
  play(EngineReturned{std::move(found), {}});
}

void World::write_down(const Action& action) {
  const auto name = [this](ServiceId service) { return stack_.spec(service).name; };
  std::visit(Overloaded{
                 [&](const LookAtRequirements& look) { asked_.push_back("look " + name(look.service)); },
                 [&](const Spawn& spawn) {
                   asked_.push_back("spawn " + name(spawn.service) + " " + std::to_string(spawn.run.value));
                 },
                 [&](const Signal& signal) {
                   asked_.push_back((signal.to_all ? "signal all of " : "signal ") + name(signal.service) +
                                    " " + signal_name(signal.signal));
                 },
                 [&](const RunStopProgram& rung) {
                   asked_.push_back("program " + name(rung.service) + " " + std::to_string(rung.rung));
                 },
                 [&](const KillGroup& kill) { asked_.push_back("kill " + name(kill.service)); },
                 [&](const ReloadService& reload) { asked_.push_back("reload " + name(reload.service)); },
                 [&](const RememberDone& done) { asked_.push_back("remember " + name(done.service)); },
                 [&](const CloseDoor&) { door_.push_back("closes"); },
                 [&](const OpenDoor&) { door_.push_back("opens"); },
                 [&](const AskProbe& ask) {
                   asked_.push_back("ask " + name(ask.service) + " " + role_name(ask.role));
                 },
                 [&](const End& end) { asked_.push_back("end " + std::to_string(end.code)); },
                 [&](const ReportPhase& report) {
                   told_.push_back(name(report.service) + ": " + std::string(word(report.from)) + " > " +
                                   std::string(word(report.to)));
                 },
                 [&](const ReportVerdict& report) {
                   told_.push_back(std::string(word(report.from)) + " > " + std::string(word(report.to)));
                 },
                 [&](const ReportTrouble& report) {
                   told_.push_back("trouble " + name(report.service) + ": " + words(stack_, report.why));
                 },
             },
             action);
}

std::vector<Event> World::end_of(ServiceId service, RunNumber run, int signal) const {
  if (!ledger_.lives(service, run)) return {};
  return {ProcessExited{service, run, {.code = 0, .signal = signal}}, LeafEmptied{service, run}};
}

std::vector<Event> World::answer(const Action& action) const {
  const auto name = [this](ServiceId service) { return stack_.spec(service).name; };
  using Events = std::vector<Event>;
  return std::visit(
      Overloaded{
          [&](const LookAtRequirements& look) -> Events {
            const auto lack = missing.find(name(look.service));
            return {RequirementsSeen{look.service, lack == missing.end() ? std::string() : lack->second}};
          },
          [&](const Spawn& spawn) -> Events {
            return {SpawnSucceeded{spawn.service, spawn.run, some_pid}};
          },
          [&](const Signal& signal) -> Events {
            if (deaf.count(name(signal.service)) != 0) return {};
            return end_of(signal.service, signal.run, signal.signal);
          },
          [&](const RunStopProgram& rung) -> Events {
            if (deaf.count(name(rung.service)) != 0) return {};
            return end_of(rung.service, rung.run, 0);
          },
          [&](const KillGroup& kill) -> Events {
            if (immortal.count(name(kill.service)) != 0) return {};
            return end_of(kill.service, kill.run, SIGKILL);
          },
          [&](const AskProbe& ask) -> Events {
            const auto known = probes.find({name(ask.service), ask.role});
            const auto usual =
                ask.role == ProbeRole::progress ? ProbeOutcome::failed : ProbeOutcome::succeeded;
            return {ProbeAnswered{ask.service,
                                  ask.run,
                                  ask.role,
                                  ask.question,
                                  known == probes.end() ? usual : known->second,
                                  {}}};
          },
          [](const auto&) -> Events { return {}; },
      },
      action);
}

} // namespace holdfast::model::test
