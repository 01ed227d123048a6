#pragma once
// A machine with faults: late answers, processes that die, ignore signals, leave children or survive their
// kill, probes that fail, requirements that are missing. It never lies: each action that asks for an answer
// gets it once, and a fact is told once.

#include "model/events.h"
#include "world.h"

#include <map>
#include <random>
#include <utility>

namespace holdfast::model::test {

/// The same numbers on every platform, other than with the standard's distributions.
class Dice {
public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  [[nodiscard]] bool percent(unsigned share) { return below(100) < share; }
  [[nodiscard]] Duration up_to(Duration span) {
    return Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>(span.count()) + 1)));
  }

private:
  std::mt19937_64 random_;
};

class ImperfectMachine {
public:
  /// Listens to the world, which must outlive it.
  ImperfectMachine(World& world, Dice& dice);

  /// From now on everything works: what was stuck goes, nothing else fails.
  void end_faults();
  /// Tells what has happened by now.
  void tell();
  /// A process, if one is there, dies for no reason.
  void kill_one();

private:
  using Key = std::pair<ServiceId, RunNumber>;
  struct Process {
    bool launched = false;
    bool dying = false;
    bool stuck = false;
    bool children = false; ///< that only the kill ends
  };

  void hear(const Action& action);
  void launch(const Spawn& spawn);
  void begin_life(const Spawn& spawn, Duration after);
  void signalled(Key key);
  void killed(Key key);
  /// The main process ends within `span`; its leaf is empty before or after, unless children stay.
  void die(Key key, ExitStatus status, Duration span);
  void look(const LookAtRequirements& look);
  void answer(const AskProbe& ask);
  void later_on(Duration within, Event event);
  [[nodiscard]] bool fault(unsigned share) { return faults_ && dice_.percent(share); }

  World& world_;
  Dice& dice_;
  bool faults_ = true;
  std::map<Key, Process> processes_;
  std::multimap<MonoTime, Event> to_come_;
};

} // namespace holdfast::model::test
