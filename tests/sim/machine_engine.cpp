// What becomes of the news when the engine dies, and what the next one finds.
#include "machine.h"

#include <utility>

namespace holdfast::sim {

using namespace model;

void Machine::engine_dies() {
  // The launcher's thread dies with it: a clone was made by then or never is.
  for (std::uint32_t i = 0; i < lives_.size(); ++i)
    lives_[i].launching = false;
  facts_.lose_news();
}

std::vector<FoundRun> Machine::engine_returns(MonoTime now, bool no_state) {
  std::vector<Fact> datagrams;
  while (facts_.next() <= now) {
    Fact fact = facts_.take();
    if (!is_news(fact.kind)) happen(fact);
    // The socket is the anchor's and keeps them.
    if (!is_datagram(fact.kind)) continue;
    fact.at = now;
    datagrams.push_back(fact);
  }
  // Of what is over and not found nobody tells an engine that knows of none.
  if (no_state) facts_.lose_news();
  for (const Fact& fact : datagrams)
    facts_.add(fact);
  if (no_state) ++lost_states_;
  std::vector<FoundRun> found;
  for (std::uint32_t i = 0; i < lives_.size(); ++i) {
    Life& life = lives_[i];
    const bool is_found = lives({i});
    if (is_found)
      found.push_back(
          {{i}, number_of(life.run), life.main_alive ? static_cast<int>(1000 + i) : 0, true, false});
    // An exit that an engine without a state cannot place is acknowledged by it, and never told again.
    if (no_state && !is_found) life.unacknowledged = false;
    if (life.unacknowledged) tell(FactKind::exited, i, now + delay(i, 4));
  }
  for (std::uint32_t i = 0; i < conditions_.size(); ++i)
    set_condition(i, conditions_[i], now);
  return found;
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
    killed({i}, number_of(life.run), now);
  }
  for (std::uint32_t i = 0; i < conditions_.size(); ++i)
    set_condition(i, true, now);
}

} // namespace holdfast::sim
