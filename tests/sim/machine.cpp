#include "machine.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace holdfast::sim {

using namespace model;

namespace {

/// How a main process comes to die.
enum class Death : std::uint8_t { of_itself, as_asked, killed };

std::uint8_t raw(Death death) {
  return static_cast<std::uint8_t>(death);
}

} // namespace

Machine::Machine(Decisions& decisions, std::shared_ptr<const StackSpec> spec, MonoTime now)
    : decisions_(decisions) {
  change_spec(std::move(spec), now);
}

void Machine::change_spec(std::shared_ptr<const StackSpec> spec, MonoTime now) {
  spec_ = std::move(spec);
  rows_.make_room(spec_->services.size());
  for (auto i = static_cast<std::uint32_t>(lives_.size()); i < spec_->services.size(); ++i) {
    lives_.emplace_back();
    if (!spec_->services[i].external.empty()) turn_remote(i, now);
  }
  for (auto i = static_cast<std::uint32_t>(conditions_.size()); i < spec_->conditions.size(); ++i) {
    conditions_.push_back(false);
    set_condition(i, !decisions_.about(Topic::conditions, 1000 + i, 0).percent(10), now);
  }
}

std::optional<Event> Machine::take(MonoTime now) {
  while (facts_.next() <= now) {
    const Fact fact = facts_.take();
    if (!is_news(fact.kind))
      happen(fact);
    else if (!is_datagram(fact.kind) || is_sent(fact)) {
      heard(fact);
      return news(fact);
    }
  }
  return std::nullopt;
}

void Machine::heard(const Fact& fact) {
  if (is_datagram(fact.kind)) in_hand_ = fact;
  if (fact.kind == FactKind::condition_seen || lives_[fact.who].run != fact.run) return;
  const ServiceId service{fact.who};
  if (fact.kind == FactKind::exited) rows_.note_exit(service, !lives(service));
  if (fact.kind == FactKind::emptied) rows_.note_empty(service);
  if (fact.kind == FactKind::spawn_failed || fact.kind == FactKind::spawn_refused) rows_.clear(service);
}

void Machine::happen(const Fact& fact) {
  Life& life = lives_[fact.who];
  if (fact.kind == FactKind::remote_turns) return turn_remote(fact.who, fact.at);
  if (life.run != fact.run) return;
  switch (fact.kind) {
  case FactKind::born: return be_born(fact);
  case FactKind::dies:
    if (!life.main_alive) return;
    if (fact.outcome == raw(Death::of_itself) && !life.will.dies_after) return;
    if (fact.outcome == raw(Death::of_itself)) life.exit = life.will.dies_with;
    if (fact.outcome == raw(Death::as_asked)) life.exit = {};
    if (fact.outcome == raw(Death::killed)) life.exit = {.code = 0, .signal = SIGKILL};
    return main_dies(fact.who, fact.at);
  case FactKind::children_go: return children_die(fact.who, fact.at);
  case FactKind::comes_loose:
    life.stuck = false;
    life.will.stuck_for.reset();
    return killed({fact.who}, {life.run}, fact.at);
  case FactKind::remote_turns:
  case FactKind::spawn_succeeded:
  case FactKind::spawn_failed:
  case FactKind::spawn_refused:
  case FactKind::exited:
  case FactKind::emptied:
  case FactKind::says_ready:
  case FactKind::says_stopping:
  case FactKind::asks_for_time:
  case FactKind::answered:
  case FactKind::requirements_seen:
  case FactKind::condition_seen: return;
  }
}

bool Machine::is_sent(const Fact& datagram) const {
  const Life& life = lives_[datagram.who];
  if (life.run != datagram.run || !life.main_alive) return false;
  return datagram.kind != FactKind::says_stopping || life.will.says_stopping_after.has_value();
}

Event Machine::news(const Fact& fact) const {
  const ServiceId service{fact.who};
  const RunNumber run{fact.run};
  const Life* life = fact.kind == FactKind::condition_seen ? nullptr : &lives_[fact.who];
  switch (fact.kind) {
  case FactKind::spawn_succeeded: return SpawnSucceeded{service, run, pid_of(fact.who)};
  case FactKind::spawn_failed: return SpawnFailed{service, run, life->will.launch_error, {}};
  case FactKind::spawn_refused: return SpawnRefused{service, run, "gone"};
  case FactKind::exited: return ProcessExited{service, run, life->exit};
  case FactKind::emptied: return LeafEmptied{service, run};
  case FactKind::says_ready: return ServiceNotified{service, run, true, false, {}, {}};
  case FactKind::says_stopping: return ServiceNotified{service, run, false, true, {}, {}};
  case FactKind::asks_for_time: return ServiceNotified{service, run, false, false, 10s, {}};
  case FactKind::answered:
    return ProbeAnswered{service,
                         run,
                         static_cast<ProbeRole>(fact.role),
                         fact.question,
                         static_cast<ProbeOutcome>(fact.outcome),
                         {}};
  case FactKind::requirements_seen: return RequirementsSeen{service, fact.outcome == 0 ? "" : "missing"};
  case FactKind::condition_seen: {
    const bool met = conditions_[fact.who];
    return ConditionSeen{{fact.who}, met, met ? "" : "wrong"};
  }
  case FactKind::born:
  case FactKind::dies:
  case FactKind::children_go:
  case FactKind::comes_loose:
  case FactKind::remote_turns: break;
  }
  return DeadlinePassed{};
}

void Machine::launch(const Spawn& spawn, MonoTime now) {
  const std::uint32_t service = spawn.service.index;
  Life& life = lives_[service];
  if (lives(spawn.service)) complaint_ = spec(service).name + ": spawned beside a run that lives";
  if (spawn.run.value <= life.run) complaint_ = spec(service).name + ": a run number used again";
  rows_.prepare(spawn.service, spawn.run);
  const unsigned questions = life.questions;
  life = {};
  life.questions = questions;
  life.run = spawn.run.value;
  life.will = draw_will(decisions_, spec(service), service, spawn.run.value);
  if (life.will.launch_error != 0) return tell(FactKind::spawn_failed, service, now + life.will.launch);
  if (life.will.refused) return tell(FactKind::spawn_refused, service, now + life.will.launch);
  life.launching = true;
  happens(FactKind::born, service, now + life.will.launch / 2);
  tell(FactKind::spawn_succeeded, service, now + life.will.launch);
}

void Machine::be_born(const Fact& fact) {
  Life& life = lives_[fact.who];
  if (!std::exchange(life.launching, false)) return;
  life.main_alive = true;
  rows_.note_birth({fact.who}, pid_of(fact.who));
  life.children_alive = life.will.has_children;
  life.birth = fact.at;
  const Will& will = life.will;
  if (will.dies_after) happens(FactKind::dies, fact.who, fact.at + *will.dies_after);
  if (spec(fact.who).ready.kind == ProbeKind::notify && will.answers_after)
    tell(FactKind::says_ready, fact.who, fact.at + *will.answers_after);
  if (will.says_stopping_after) tell(FactKind::says_stopping, fact.who, fact.at + *will.says_stopping_after);
  if (will.asks_for_time_after) tell(FactKind::asks_for_time, fact.who, fact.at + *will.asks_for_time_after);
}

void Machine::main_dies(std::uint32_t service, MonoTime now) {
  Life& life = lives_[service];
  life.main_alive = false;
  tell(FactKind::exited, service, now + delay(service, 0));
  if (life.children_alive)
    happens(FactKind::children_go, service, now + life.will.children_linger);
  else
    tell(FactKind::emptied, service, now + delay(service, 1));
}

void Machine::children_die(std::uint32_t service, MonoTime now) {
  Life& life = lives_[service];
  if (!life.children_alive) return;
  life.children_alive = false;
  if (!life.main_alive) tell(FactKind::emptied, service, now + delay(service, 2));
}

void Machine::signalled(ServiceId service, RunNumber run, bool to_all, MonoTime now) {
  Life& life = lives_[service.index];
  if (life.run != run.value || life.launching) return;
  if (to_all && life.will.heeds_to_all)
    happens(FactKind::children_go, service.index, now + life.will.obeys_after);
  if (life.signals++ < life.will.ignores || !life.main_alive) return;
  facts_.add({.at = now + life.will.obeys_after,
              .order = 0,
              .run = life.run,
              .who = service.index,
              .kind = FactKind::dies,
              .role = 0,
              .outcome = raw(Death::as_asked),
              .question = 0});
}

void Machine::killed(ServiceId service, RunNumber run, MonoTime now) {
  Life& life = lives_[service.index];
  if (life.run != run.value || life.launching || life.stuck) return;
  if (life.will.stuck_for) {
    life.stuck = true;
    return happens(FactKind::comes_loose, service.index, now + *life.will.stuck_for);
  }
  const MonoTime at = now + delay(service.index, 3);
  happens(FactKind::children_go, service.index, at);
  facts_.add({.at = at,
              .order = 0,
              .run = life.run,
              .who = service.index,
              .kind = FactKind::dies,
              .role = 0,
              .outcome = raw(Death::killed),
              .question = 0});
}

void Machine::kill_main(ServiceId service, MonoTime now) {
  Life& life = lives_[service.index];
  if (!life.main_alive || life.stuck) return;
  life.exit = {.code = 0, .signal = SIGKILL};
  main_dies(service.index, now);
}

void Machine::carry_out(const Action& action, MonoTime now) {
  if (const auto* question = std::get_if<AskProbe>(&action)) return ask(*question, now);
  if (const auto* spawn = std::get_if<Spawn>(&action)) return launch(*spawn, now);
  if (const auto* rung = std::get_if<Signal>(&action))
    return signalled(rung->service, rung->run, rung->to_all, now);
  if (const auto* rung = std::get_if<RunStopProgram>(&action))
    return signalled(rung->service, rung->run, false, now);
  if (const auto* kill = std::get_if<KillGroup>(&action)) return killed(kill->service, kill->run, now);
  if (const auto* look_at = std::get_if<LookAtRequirements>(&action)) return look(look_at->service, now);
}

void Machine::look(ServiceId service, MonoTime now) {
  Draw draw = decisions_.about(Topic::look, service.index, looks_++);
  facts_.add({.at = now + draw.up_to(50ms),
              .order = 0,
              .run = 0,
              .who = service.index,
              .kind = FactKind::requirements_seen,
              .role = 0,
              .outcome = static_cast<std::uint8_t>(draw.percent(15) ? 1 : 0),
              .question = 0});
}

void Machine::set_condition(std::uint32_t condition, bool met, MonoTime now) {
  conditions_[condition] = met;
  const Duration after = decisions_.about(Topic::latency, condition, condition_news_++).up_to(100ms);
  facts_.add({.at = now + after,
              .order = 0,
              .run = 0,
              .who = condition,
              .kind = FactKind::condition_seen,
              .role = 0,
              .outcome = 0,
              .question = 0});
}

bool Machine::lives(ServiceId service) const {
  const Life& life = lives_[service.index];
  return life.launching || life.main_alive || life.children_alive;
}

bool Machine::any_lives() const {
  for (std::uint32_t i = 0; i < lives_.size(); ++i)
    if (lives({i})) return true;
  return false;
}

Duration Machine::delay(std::uint32_t service, std::uint64_t what) {
  Draw draw = decisions_.about(Topic::latency, service, lives_[service].run * 8 + what);
  if (draw.percent(30)) return 0s;
  return draw.percent(5) ? draw.up_to(5s) : draw.up_to(2ms);
}

void Machine::happens(FactKind kind, std::uint32_t service, MonoTime at) {
  facts_.add({.at = at,
              .order = 0,
              .run = lives_[service].run,
              .who = service,
              .kind = kind,
              .role = 0,
              .outcome = 0,
              .question = 0});
}

void Machine::tell(FactKind kind, std::uint32_t service, MonoTime at) {
  happens(kind, service, at);
}

} // namespace holdfast::sim
