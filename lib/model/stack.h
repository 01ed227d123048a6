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
// run. Leaving spreads to hard dependents at once, and a leaving service is signalled only when all that
// needs it is down or overdue. A service that dies by itself does not leave: its dependents run on.

#include "base/ids.h"
#include "base/time.h"
#include "model/deadlines.h"
#include "model/events.h"
#include "model/phase.h"
#include "model/spec.h"
#include "model/why.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::model {

struct Service {
  Phase phase;
  MonoTime since{};        ///< of the phase
  WallTime since_wall{};   ///< for people
  Why why;                 ///< what the phase is about: what it waits for, why it failed, what it runs into
  std::string status_text; ///< the last STATUS= of the present run

  bool wanted = false;
  Why goal;                   ///< who asked for it to be wanted, unwanted or restarted
  bool restart_asked = false; ///< until the present run is over
  bool leaving = false;       ///< see above; only while a run exists
  bool starts_fresh = false;  ///< by command: at once when no run is in the way, without delay or charge

  RunNumber last_run;
  unsigned unsettled = 0;       ///< consecutive charged runs that were not settled
  std::deque<MonoTime> charges; ///< charged restarts inside the budget's window
  unsigned restarts = 0;        ///< charged ones since the daemon's start
  std::optional<ExitStatus> last_exit;
};

/// What never changes while a spec is in force: edges both ways and orders.
struct Edges {
  struct Dependent {
    ServiceId id;
    bool soft = false;
  };
  std::vector<std::vector<Dependent>> dependents; ///< by service: who needs it
  std::vector<unsigned> chain;                    ///< by service: longest chain of dependents above it
  std::vector<unsigned> depth;                    ///< by service: longest chain of needs below it
};

class Stack {
public:
  /// The spec is shared, not copied. All services are down and unwanted until StackStarted.
  explicit Stack(std::shared_ptr<const StackSpec> spec, Now now);

  [[nodiscard]] const StackSpec& spec() const { return *spec_; }
  [[nodiscard]] const ServiceSpec& spec(ServiceId id) const { return spec_->services[id.index]; }
  [[nodiscard]] const Service& service(ServiceId id) const { return services_[id.index]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(services_.size()); }
  [[nodiscard]] std::optional<ServiceId> find(std::string_view name) const;

  [[nodiscard]] Verdict verdict() const { return verdict_; }
  [[nodiscard]] WallTime verdict_since() const { return verdict_since_; }
  /// Services that are not up though they should be, the critical ones and the others.
  [[nodiscard]] const std::set<ServiceId>& critical_missing() const { return critical_missing_; }
  [[nodiscard]] const std::set<ServiceId>& others_missing() const { return others_missing_; }
  [[nodiscard]] unsigned wanted() const { return wanted_; }
  [[nodiscard]] unsigned wanted_up() const { return wanted_up_; }
  /// The engine's decision: open in working and degraded only.
  [[nodiscard]] bool door_open() const {
    return verdict_ == Verdict::working || verdict_ == Verdict::degraded;
  }

  /// When DeadlinePassed is to be sent; never: not before another event.
  [[nodiscard]] MonoTime next_deadline() const { return deadlines_.next(); }

  /// Higher stops first: the longest chain of needs below a service.
  [[nodiscard]] unsigned depth(ServiceId id) const { return edges_.depth[id.index]; }
  [[nodiscard]] const std::vector<Edges::Dependent>& dependents(ServiceId id) const {
    return edges_.dependents[id.index];
  }

  /// Whether any service is on its way up: waiting for what comes by itself, starting, in backoff, or
  /// leaving in order to be started again.
  [[nodiscard]] bool coming() const { return coming_ > 0; }
  [[nodiscard]] bool shutting_down() const { return shutdown_; }
  [[nodiscard]] bool any_run() const { return running_ > 0; }

private:
  friend class Turn;

  std::shared_ptr<const StackSpec> spec_;
  Edges edges_;
  std::vector<Service> services_;
  Deadlines deadlines_; ///< owner: the service, and the stack itself behind the last

  /// Who could start but for its turn, the longest chain first.
  std::set<std::pair<unsigned, ServiceId>> turn_queue_;
  unsigned starting_ = 0;
  unsigned running_ = 0; ///< services with a run
  unsigned coming_ = 0;

  bool up_ = false; ///< the stack as a whole is to run
  bool shutdown_ = false;
  bool ended_ = false;
  bool fresh_ = true; ///< not yet working since the start
  MonoTime stop_deadline_ = never;
  unsigned wanted_ = 0;
  unsigned wanted_up_ = 0;
  std::set<ServiceId> critical_missing_;
  std::set<ServiceId> others_missing_;
  unsigned critical_failed_ = 0;
  Verdict verdict_ = Verdict::stopped;
  WallTime verdict_since_{};

  /// A step's own marks, kept to be free of an allocation for each service; all clear between steps.
  struct Mark {
    bool queued = false;
    bool changed = false;
  };
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
