// What becomes of the news when the engine dies, and what the next one finds.
#include "machine.h"

#include <utility>

namespace holdfast::sim {

using namespace model;

void Machine::engine_dies(MonoTime now) {
  // The launcher's thread dies with it: a clone was made by then or never is.
  for (Life& life : lives_)
    life.launching = false;
  facts_.lose_news();
  if (!in_hand_) return;
  in_hand_->at = now;
  facts_.add(*std::exchange(in_hand_, std::nullopt));
}

EngineReturned Machine::engine_returns(MonoTime now, const Stack& stack) {
  pass_without_engine(now);
  EngineReturned returned{.found = {}, .done = {}, .used = rows_.last_runs()};
  for (std::uint32_t i = 0; i < lives_.size(); ++i) {
    const FoundRun run = found({i}, stack);
    if (!lives({i}) && run.pid == 0) {
      rows_.clear({i});
      continue;
    }
    returned.found.push_back(run);
    go_on_with(run, now);
  }
  for (std::uint32_t i = 0; i < conditions_.size(); ++i)
    set_condition(i, conditions_[i], now);
  return returned;
}

void Machine::pass_without_engine(MonoTime now) {
  std::vector<Fact> datagrams;
  while (facts_.next() <= now) {
    Fact fact = facts_.take();
    if (!is_news(fact.kind)) happen(fact);
    // The socket is the anchor's and keeps them.
    if (!is_datagram(fact.kind)) continue;
    fact.at = now;
    datagrams.push_back(fact);
  }
  facts_.lose_news();
  for (const Fact& fact : datagrams)
    facts_.add(fact);
}

int Machine::main_pid(ServiceId service, const Stack& stack) const {
  const RunNumber number{lives_[service.index].run};
  const Run* run = run_of(stack.service(service).phase);
  const bool is_known = run != nullptr && run->number == number;
  if (is_known && run->exit) return 0;
  return is_known && run->pid != 0 ? run->pid : rows_.of(service, number).pid;
}

FoundRun Machine::found(ServiceId service, const Stack& stack) const {
  const RunNumber number{lives_[service.index].run};
  const Row row = rows_.of(service, number);
  const auto* stopping = std::get_if<Stopping>(&stack.service(service).phase);
  return {.service = service,
          .run = number,
          .pid = main_pid(service, stack),
          .rung_done = stopping == nullptr || !lives(service) || row.rungs_done > stopping->rung,
          .was_ready = row.was_ready};
}

void Machine::go_on_with(const FoundRun& run, MonoTime now) {
  const std::uint32_t service = run.service.index;
  rows_.adopt(run.service, run.run, run.pid);
  // An exit whose process the engine does not know is acknowledged by it, and tells it nothing.
  if (run.pid != 0 && !lives_[service].main_alive) tell(FactKind::exited, service, now + delay(service, 4));
  if (!lives(run.service)) tell(FactKind::emptied, service, now + delay(service, 5));
}

void Machine::cease_faults(MonoTime now) {
  observer_back_ = {};
  for (std::uint32_t i = 0; i < lives_.size(); ++i) {
    Life& life = lives_[i];
    life.deaf_until = {};
    life.remote_up = true;
    life.will.answers_after = 0s;
    life.will.ignores = 0;
    life.will.obeys_after = 0s;
    life.will.children_linger = 0s;
    life.will.stuck_for.reset();
    life.will.says_stopping_after.reset();
    if (!spec(i).task) life.will.dies_after.reset();
    if (!std::exchange(life.stuck, false)) continue;
    killed({i}, {life.run}, now);
  }
  for (std::uint32_t i = 0; i < conditions_.size(); ++i)
    set_condition(i, true, now);
}

} // namespace holdfast::sim
