#pragma once
// The state of a stack, and the one function that changes it.
//
// step() is pure: no clock, no I/O, no system call. The same state, event and Now give the same state and
// actions, on any machine. A step looks at the service that the event is about, then at whatever that
// changed: its dependents (they may start, or must leave), its needs (they may now be signalled), and whoever
// waits for a turn.
//
// Goals are kept apart from phases. `wanted` is what an operator or the configuration asks for; the phase is
// what is. After each event the two are compared again for every service the event can have touched, so that
// nothing is a one-shot job that could be forgotten: what cannot be done now is done when its last obstacle
// goes.
//
// A running service *leaves* when there is a reason for its run to end in order: it is not wanted, its
// restart was asked for, something it needs leaves or is failed, or a need with `restart: true` has a new
// run, or a volume that it writes to is not right. Leaving spreads to hard dependents at once, and a leaving
// service is signalled only when all that needs it is down or overdue. A service that dies by itself does not
// leave: its dependents run on.
//
// The stack as a whole has a bound: its door must open within start_within of a start, and within
// recover_within of having closed by itself. A critical service that is failed costs the stack a restart, as
// often as stack_budget allows; then, and at the bound, the stack is given up (when_broken).

#include "base/ids.h"
#include "base/time.h"
#include "model/counts.h"
#include "model/deadlines.h"
#include "model/edges.h"
#include "model/events.h"
#include "model/spec.h"
#include "model/state.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::model {

/// What steps may have changed. All else is as it was before them.
struct Changed {
  std::vector<ServiceId> services; ///< each once, in no order; with those that are new
  bool spec = false;
};

class Stack {
public:
  /// The spec is shared, not copied. All services are down and unwanted until StackStarted.
  Stack(std::shared_ptr<const StackSpec> spec, const Now& now);
  /// One that goes on from an image. Precondition: it was taken of a stack with this spec.
  Stack(std::shared_ptr<const StackSpec> spec, StackImage image);

  [[nodiscard]] const StackSpec& spec() const { return *spec_; }
  [[nodiscard]] const ServiceSpec& spec(ServiceId id) const { return spec_->services[id.index]; }
  [[nodiscard]] const Service& service(ServiceId id) const { return services_[id.index]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(services_.size()); }
  /// Not one that was removed.
  [[nodiscard]] std::optional<ServiceId> find(std::string_view name) const;
  [[nodiscard]] const std::vector<Service>& services() const { return services_; }
  [[nodiscard]] const StackState& state() const { return state_; }
  [[nodiscard]] const ConditionFact& condition(ConditionId id) const { return state_.conditions[id.index]; }

  [[nodiscard]] Verdict verdict() const { return state_.verdict; }
  [[nodiscard]] WallTime verdict_since() const { return state_.verdict_since; }
  /// Services that are not up though they should be, the critical ones and the others.
  [[nodiscard]] const std::set<ServiceId>& critical_missing() const { return counts_.critical_missing; }
  [[nodiscard]] const std::set<ServiceId>& others_missing() const { return counts_.others_missing; }
  [[nodiscard]] unsigned wanted() const { return counts_.wanted; }
  [[nodiscard]] unsigned wanted_up() const { return counts_.wanted_up; }
  /// Whether the public may come in: in working and degraded only, and only where nobody holds it closed.
  [[nodiscard]] bool door_open() const { return state_.door_is_open; }

  /// When DeadlinePassed is to be sent; never: not before another event.
  [[nodiscard]] MonoTime next_deadline() const { return deadlines_.next(); }

  /// Higher stops first: the longest chain of needs below a service.
  [[nodiscard]] unsigned depth(ServiceId id) const { return edges_.depth[id.index]; }
  [[nodiscard]] const std::vector<Edges::Dependent>& dependents(ServiceId id) const {
    return edges_.dependents[id.index];
  }

  /// Whether any service is on its way up: waiting for what comes by itself, starting, in backoff, or
  /// leaving in order to be started again.
  [[nodiscard]] bool coming() const { return counts_.coming > 0; }
  [[nodiscard]] bool shutting_down() const { return state_.shutdown; }
  [[nodiscard]] bool any_run() const { return counts_.running > 0; }

  /// What the steps since the last call may have changed, beside the stack's own state: what has to be saved.
  /// The room that `into` has is used again.
  void take_changed(Changed& into);

private:
  friend class Turn;

  /// Makes all below `state_` from what is above it.
  void derive();
  void note_changed(ServiceId id) {
    if (!std::exchange(marks_[id.index].unsaved, true)) changed_.services.push_back(id);
  }
  /// After another spec has come into force.
  void note_all_changed();

  std::shared_ptr<const StackSpec> spec_;
  std::vector<Service> services_;
  StackState state_;

  Edges edges_;
  Deadlines deadlines_{0}; ///< owner 0: the stack itself; then each service behind it
  /// Who could start but for its turn, the longest chain first.
  std::set<std::pair<unsigned, ServiceId>> turn_queue_;
  Counts counts_;

  /// Kept to be free of an allocation for each service. The first two are a step's own and clear between
  /// steps.
  struct Mark {
    bool queued = false;
    bool changed = false;
    bool unsaved = false; ///< it is in `changed_`
  };
  Changed changed_;
  std::vector<Mark> marks_;
};

/// Takes one event. Actions are appended in the order in which they are to be carried out.
void step(Stack& stack, const Event& event, const Now& now, Actions& actions);

/// What has become of a command that was accepted.
struct Outcome {
  enum class State : std::uint8_t { pending, done, failed };
  State state = State::pending;
  std::string text; ///< what is waited for, or why it failed
};
[[nodiscard]] Outcome outcome_of(const Stack& stack, const CommandAsked& command);

} // namespace holdfast::model
