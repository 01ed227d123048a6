#pragma once
// What has been told to the model and asked by it, service by service, kept beside it. The rules judge each
// step by this and by the model's public state; they share no code with it.

#include "base/ids.h"
#include "base/time.h"
#include "model/events.h"
#include "model/stack.h"

#include <array>
#include <cstdint>
#include <vector>

namespace holdfast::sim {

/// One step, after it.
struct Step {
  const model::Stack& stack;
  const model::Event& event;
  const Now& now;
  const model::Actions& actions;
};

struct Account {
  // the run, as far as it was told
  bool exists = false; ///< requested or found, and not known to be over
  bool launched = false;
  bool exited = false;
  bool emptied = false;
  RunNumber run;
  RunNumber highest; ///< of all that were requested or found
  MonoTime spawned{};
  MonoTime launched_at{};
  MonoTime exited_at{};
  std::vector<RunNumber> needs; ///< the runs of what it needs when it was spawned, in the spec's order

  // its end, as it was asked for
  unsigned rungs = 0; ///< climbed
  MonoTime last_rung{};
  bool rung_again = false; ///< the next one was asked for, and its engine died before it was done
  MonoTime killed = never;
  bool killed_born = false; ///< a kill before the birth does not reach it: the one after it counts
  MonoTime stopping_since{};
  bool ladder_changed = false; ///< by a reload, since the first rung

  // the public state at the end of the step before
  model::PhaseName phase = model::PhaseName::down;
  MonoTime since{};
  bool wanted = false;
  bool leaving = false;
  bool climbing = false; ///< stopping, and on its ladder
  bool starts_fresh = false;
  bool waits_for_turn = false;
  bool existed = false;

  [[nodiscard]] bool over() const { return exited && emptied; }
  /// Its kill was asked for so long ago that nobody waits for it any more.
  [[nodiscard]] bool overdue(MonoTime now) const {
    return killed != never && later(killed, model::kill_grace) <= now;
  }
};

class Accounts {
public:
  /// Before the step: of a stack that nothing has happened to, or that was made anew from an image.
  void open(const model::Stack& stack);
  /// What the event tells; before the rules look.
  void note_event(const Step& step);
  void note_spawn(const Step& step, const model::Spawn& spawn);
  void note_rung(ServiceId service, MonoTime now);
  void note_kill(ServiceId service, MonoTime now);
  /// After the rules: the public state becomes that of the step before.
  void close(const Step& step);
  void close(const Step& step, ServiceId service) { look_at(step.stack, service, step.now.mono); }

  [[nodiscard]] Account& operator[](ServiceId service) { return accounts_[service.index]; }
  [[nodiscard]] const Account& operator[](ServiceId service) const { return accounts_[service.index]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(accounts_.size()); }
  [[nodiscard]] bool any_run() const { return runs_ > 0; }

private:
  void note_launch(ServiceId service, RunNumber run, bool succeeded, MonoTime now);
  void note_end(ServiceId service, RunNumber run, bool exited, bool emptied, MonoTime now);
  void note_return(const Step& step, const model::EngineReturned& fact);
  void note_found(const Step& step, ServiceId service, const model::FoundRun* found);
  void note_change(const Step& step);
  void begin(Account& account, RunNumber run, MonoTime now);
  void end(Account& account);
  void look_at(const model::Stack& stack, ServiceId service, MonoTime now);

  std::vector<Account> accounts_;
  std::uint32_t runs_ = 0;
};

} // namespace holdfast::sim
