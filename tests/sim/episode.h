#pragma once
// One life of one random stack: a start, hostile moments, faults that cease, rest, a shutdown.

#include "books.h"
#include "coverage.h"
#include "decisions.h"
#include "history.h"
#include "hostility.h"
#include "machine.h"
#include "model/stack.h"
#include "recording.h"
#include "trace.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace holdfast::sim {

using namespace std::chrono_literals;

struct Ending {
  std::uint64_t events = 0;
  std::uint64_t trace = 0;
  std::string violation; ///< empty: none
};

class Episode {
public:
  struct Watchers {
    Recording* recording = nullptr;
    History* history = nullptr;
    bool wall_clock_stays = false; ///< when somebody sets it: nothing may depend on that
  };
  Episode(Decisions& decisions, std::uint32_t most_services, Coverage& coverage, Watchers watchers);
  [[nodiscard]] Ending run();

private:
  // episode.cpp: what happens next
  void hostile_moments();
  void calm_down();
  void shut_down();
  [[nodiscard]] bool turn();
  void pass_until(MonoTime moment);
  [[nodiscard]] bool at_rest() const;
  void hear(const model::Event& event);
  void deliver(const model::Event& event);
  /// False: the engine dies of it.
  [[nodiscard]] bool carry_out();
  [[nodiscard]] bool is_last_action();
  void check(bool holds, const std::string& what);
  [[nodiscard]] bool broken() const { return !violation_.empty(); }
  [[nodiscard]] bool over() const { return broken() || ended_; }

  // acts.cpp: what is done to it
  void act();
  void command(const Act& act);
  void reload(const Act& act);
  void kill_main(const Act& act);
  void turn_memory(ServiceId service, bool is_short);
  void turn_condition(const Act& act);
  void kill_engine();
  void note_found(const model::EngineReturned& returned, bool no_state);
  void end_soon(Act death);
  /// The next engine goes on from the state that this one saved. False: it could not, or there is none.
  [[nodiscard]] bool go_on(const Act& death);
  void start_stack();
  [[nodiscard]] std::vector<ServiceId> chosen(const Act& act) const;
  [[nodiscard]] std::vector<ServiceId> done_before() const;
  void remember(const model::RememberDone& done);

  Decisions& decisions_;
  Coverage& coverage_;
  Watchers watchers_;
  model::StackSpec configured_; ///< as it would be read from files
  bool mirrored_ = false;
  std::shared_ptr<const model::StackSpec> spec_;
  Now now_{.mono = MonoTime(1000s), .wall = WallTime(1'700'000'000s), .draw = 1};
  Machine machine_;
  model::Stack stack_;
  Books books_;
  Hostility hostility_;
  Trace trace_;
  model::Actions actions_;
  std::vector<std::pair<std::string, model::Program>> done_; ///< tasks to be run once that ended well

  std::uint64_t events_ = 0;
  std::optional<Act> engine_dies_; ///< at its point
  bool ended_ = false;
  bool door_open_ = false; ///< as it was moved, and not as it was to be
  std::string violation_;
};

} // namespace holdfast::sim
