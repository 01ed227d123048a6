#pragma once
// A made-up kernel with made-up programs, and what engines note beside their state. It never lies about what
// a kernel knows: each exit and each empty leaf is told once to an engine that lives, and again to the next
// one where it is not part of the state. Programs and what answers probes do as they like.

#include "decisions.h"
#include "facts.h"
#include "model/events.h"
#include "model/spec.h"
#include "model/stack.h"
#include "rows.h"
#include "will.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::sim {

class Machine {
public:
  Machine(Decisions& decisions, std::shared_ptr<const model::StackSpec> spec, MonoTime now);

  /// Services and conditions that are new begin their lives.
  void change_spec(std::shared_ptr<const model::StackSpec> spec, MonoTime now);

  [[nodiscard]] MonoTime next() const { return facts_.next(); }
  /// Lets what is due by `now` happen, until there is news for the engine. Nothing: no more of it by then.
  [[nodiscard]] std::optional<model::Event> take(MonoTime now);

  /// The engine carries out an action. What none of this is about changes nothing here.
  void carry_out(const model::Action& action, MonoTime now);
  /// It notes that it has, and goes on.
  void note_done(const model::Stack& stack, const model::Action& action) { rows_.note_done(stack, action); }
  /// All that follows of what was taken last is done: a datagram leaves its socket.
  void acknowledge() { in_hand_.reset(); }
  void engine_dies(MonoTime now);
  /// Lets the time until `now` go by without an engine. What the new one finds, which goes on from `stack`:
  /// that of the saved state, or one that knows nothing. What of it has ended is told again.
  [[nodiscard]] model::EngineReturned engine_returns(MonoTime now, const model::Stack& stack);

  void kill_main(ServiceId service, MonoTime now);
  void set_condition(std::uint32_t condition, bool met, MonoTime now);
  /// The decisions are calm from now on: what was bad already becomes good.
  void cease_faults(MonoTime now);

  /// What the kernel itself finds wrong: a spawn beside something that lives. Empty: nothing.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  /// A process of the service lives, or is about to be born.
  [[nodiscard]] bool lives(ServiceId service) const;
  [[nodiscard]] bool any_lives() const;
  /// What of the service lives will be gone only when faults cease, if then.
  [[nodiscard]] bool is_stuck(ServiceId service) const { return lives_[service.index].stuck; }
  [[nodiscard]] bool condition_met(std::uint32_t condition) const { return conditions_[condition]; }

private:
  struct Life {
    std::uint64_t run = 0; ///< its number
    Will will;
    MonoTime birth{};
    MonoTime deaf_until{};
    model::ExitStatus exit;
    unsigned signals = 0;
    unsigned questions = 0; ///< of the service, not of one run
    bool launching = false;
    bool main_alive = false;
    bool children_alive = false;
    bool stuck = false;
    bool remote_up = true; ///< where it is external
  };

  [[nodiscard]] const model::ServiceSpec& spec(std::uint32_t service) const {
    return spec_->services[service];
  }
  [[nodiscard]] static int pid_of(std::uint32_t service) { return static_cast<int>(1000 + service); }
  void happen(const Fact& fact);
  /// The program lived to send it, and means it.
  [[nodiscard]] bool is_sent(const Fact& datagram) const;
  [[nodiscard]] model::Event news(const Fact& fact) const;
  /// What the engine does to what outlives it before it makes a step of the news.
  void heard(const Fact& fact);
  void pass_without_engine(MonoTime now);
  /// The main process, where its exit is not part of the state; 0: nobody knows of one.
  [[nodiscard]] int main_pid(ServiceId service, const model::Stack& stack) const;
  [[nodiscard]] model::FoundRun found(ServiceId service, const model::Stack& stack) const;
  void go_on_with(const model::FoundRun& run, MonoTime now);

  void look(ServiceId service, MonoTime now);
  void launch(const model::Spawn& spawn, MonoTime now);
  void be_born(const Fact& fact);
  void signalled(ServiceId service, RunNumber run, bool to_all, MonoTime now);
  void killed(ServiceId service, RunNumber run, MonoTime now);
  void main_dies(std::uint32_t service, MonoTime now);
  void children_die(std::uint32_t service, MonoTime now);
  void ask(const model::AskProbe& question, MonoTime now);
  [[nodiscard]] bool true_answer(Life& life, std::uint32_t service, model::ProbeRole role,
                                 MonoTime now) const;
  /// Instead of not answering.
  [[nodiscard]] static bool says_that_it_starts(const Life& life, MonoTime now);
  void turn_remote(std::uint32_t service, MonoTime now);

  [[nodiscard]] Duration delay(std::uint32_t service, std::uint64_t what);
  void happens(FactKind kind, std::uint32_t service, MonoTime at);
  void tell(FactKind kind, std::uint32_t service, MonoTime at);

  Decisions& decisions_;
  std::shared_ptr<const model::StackSpec> spec_;
  std::vector<Life> lives_;
  std::vector<bool> conditions_;
  Facts facts_;
  Rows rows_;
  std::optional<Fact> in_hand_; ///< a datagram that was taken: it goes when its step is made
  MonoTime observer_back_{};    ///< until then nobody asks network peers
  std::uint64_t looks_ = 0;
  std::uint64_t condition_news_ = 0;
  std::string complaint_;
};

} // namespace holdfast::sim
