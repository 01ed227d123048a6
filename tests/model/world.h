#pragma once
// A stack with a machine and a clock of its own. Tests play events by service name and read what the model
// asked for as short lines: "spawn db 1", "signal db SIGTERM", "db: down > starting".
//
// An obedient machine answers each action at once as a faultless one would. Otherwise the test says what
// happens. After each step the Ledger's invariants are required.

#include "ledger.h"
#include "model/stack.h"
#include "stack_of.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::model::test {

using Lines = std::vector<std::string>;

/// The number of the question that is out, or of none that ever was.
[[nodiscard]] std::uint64_t question_out(const Phase& phase, ProbeRole role);

class World {
public:
  explicit World(StackSpec spec);

  bool obedient = true;
  std::set<std::string> deaf;                 ///< services that no signal ends
  std::set<std::string> immortal;             ///< that not even the kill ends
  std::map<std::string, std::string> missing; ///< by service: the requirement that is not met
  /// By service and role; where there is none ready and live succeed and progress fails.
  std::map<std::pair<std::string, ProbeRole>, ProbeOutcome> probes;

  /// Told each action after its step, for a test that brings its own machine.
  std::function<void(const Action&)> listener;
  /// Told each event that was taken, and what was decided about it.
  std::function<void(const Event&, const Now&, const Actions&)> recorder;

  /// One event, and what an obedient machine makes of it.
  void play(Event event);
  /// Time goes by; all that comes due is played at its moment.
  void pass(Duration span);
  void step_wall_clock(Duration by) { now_.wall += by; }
  void draw(std::uint64_t value) { now_.draw = value; }

  void boot() { play(StackStarted{}); }
  void shut_down() { play(ShutdownAsked{"SIGTERM"}); }
  /// Without names: the whole stack.
  void start(const Lines& names = {}) { play(command(Verb::start, names)); }
  void stop(const Lines& names = {}) { play(command(Verb::stop, names)); }
  void restart(const Lines& names = {}) { play(command(Verb::restart, names)); }
  [[nodiscard]] CommandAsked command(Verb verb, const Lines& names = {}) const;

  void door(bool open) { play(DoorAsked{open, "root"}); }
  void task(const Lines& names) { play(command(Verb::task, names)); }
  /// The condition in that place of the spec.
  void condition(std::size_t index, bool met, const std::string& what = {});
  /// `next` in its own order; names of services whose files changed, and of tasks that are remembered.
  void reload(const StackSpec& next, const Lines& changed_files = {}, const Lines& done = {});
  /// The stack goes on from its image alone.
  void engine_returns(std::vector<FoundRun> found);

  // Facts about the present run of a service.
  void spawned(const std::string& name);
  void spawn_fails(const std::string& name, int error);
  void spawn_refused(const std::string& name, const std::string& what);
  void seen(const std::string& name, const std::string& what_is_missing = {});
  void exits(const std::string& name, ExitStatus status = {.code = 1, .signal = 0});
  void empties(const std::string& name);
  /// Its main process exits and nothing is left.
  void dies(const std::string& name, ExitStatus status = {.code = 1, .signal = 0});
  void says_ready(const std::string& name);
  /// To the question that is out.
  void answers(const std::string& name, ProbeRole role, ProbeOutcome outcome, const std::string& said = "");

  [[nodiscard]] ServiceId id(const std::string& name) const;
  [[nodiscard]] RunNumber run(const std::string& name) const { return service(name).last_run; }
  [[nodiscard]] const Service& service(const std::string& name) const { return stack_.service(id(name)); }
  template <typename P>
  [[nodiscard]] const P& as(const std::string& name) const {
    return std::get<P>(service(name).phase);
  }
  [[nodiscard]] std::string phase(const std::string& name) const;
  [[nodiscard]] std::string why(const std::string& name) const;
  [[nodiscard]] std::string verdict() const;
  [[nodiscard]] const Stack& stack() const { return stack_; }
  [[nodiscard]] const Now& now() const { return now_; }
  [[nodiscard]] Duration until_next() const { return stack_.next_deadline() - now_.mono; }

  /// What was asked of the machine since the last call.
  Lines asked() { return std::exchange(asked_, {}); }
  /// How the door moved since the last call: "opens", "closes".
  Lines door_moved() { return std::exchange(door_, {}); }
  /// What was reported since the last call.
  Lines told() { return std::exchange(told_, {}); }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  /// The actions of the last step.
  [[nodiscard]] const Actions& actions() const { return actions_; }

private:
  void take(const Event& event);
  void write_down(const Action& action);
  [[nodiscard]] std::vector<Event> answer(const Action& action) const;
  [[nodiscard]] std::vector<Event> end_of(ServiceId service, RunNumber run, int signal) const;

  Stack stack_;
  Now now_;
  Ledger ledger_;
  Actions actions_;
  Lines asked_;
  Lines told_;
  Lines door_;
};

} // namespace holdfast::model::test
