#include "model/explain.h"

#include "model/words.h"

#include <set>
#include <utility>

namespace holdfast::model {
namespace {

std::string count_of(unsigned count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

/// Whom a cause is about, where that one's own cause says more.
std::optional<ServiceId> next_of(const Why& why) {
  switch (why.cause) {
  case Cause::need:
  case Cause::need_failed:
  case Cause::need_stopped:
  case Cause::soft_need:
  case Cause::need_leaves:
  case Cause::need_restarted:
  case Cause::removal:
  case Cause::stack_restart:
  case Cause::given_up: return why.other;
  case Cause::none:
  case Cause::turn:
  case Cause::condition:
  case Cause::requirement:
  case Cause::started:
  case Cause::asked_start:
  case Cause::asked_stop:
  case Cause::asked_restart:
  case Cause::shutdown:
  case Cause::disabled:
  case Cause::removed:
  case Cause::reloaded:
  case Cause::on_command:
  case Cause::start_bound:
  case Cause::recover_bound:
  case Cause::spawn_failed:
  case Cause::exited:
  case Cause::start_deadline:
  case Cause::not_live:
  case Cause::not_ready:
  case Cause::says_stopping:
  case Cause::unready_too_long:
  case Cause::engine_lost:
  case Cause::ended:
  case Cause::survives_kill:
  case Cause::children_killed:
  case Cause::tasks_spent:
  case Cause::memory_short:
  case Cause::short_too_long:
  case Cause::ready_unknown:
  case Cause::live_unknown:
  case Cause::answers:
  case Cause::remembered:
  case Cause::adopted: return std::nullopt;
  }
  return std::nullopt;
}

/// The tracks of one that is or was ready; null otherwise.
const ProbeTrack* ready_track_of(const Phase& phase) {
  if (const auto* ready = std::get_if<Ready>(&phase)) return &ready->ready;
  const auto* unready = std::get_if<Unready>(&phase);
  return unready != nullptr ? &unready->ready : nullptr;
}

const ProbeTrack* live_track_of(const Phase& phase) {
  if (const auto* ready = std::get_if<Ready>(&phase)) return &ready->live;
  const auto* unready = std::get_if<Unready>(&phase);
  return unready != nullptr ? &unready->live : nullptr;
}

/// Whether so many answers in a row said nothing that it is told.
bool is_blind(const ProbeTrack* track, const Probe& probe) {
  return track != nullptr && track->unknowns >= probe.failures;
}

class Chain {
public:
  explicit Chain(const Stack& stack) : stack_(stack) {}

  void add_verdict() {
    const StackState& state = stack_.state();
    std::string text = stack_.spec().name + " is " + std::string(word(state.verdict));
    if (state.given_up) text += ": " + words(stack_, state.given_up_why);
    lines_.push_back({std::move(text), state.verdict_since, 0, std::nullopt});
    if (state.door_held) add_fact("the door is held closed by " + state.door_by, 1);
    if (state.restarts > 0) add_fact("the whole stack was restarted " + count_of(state.restarts, "time"), 1);
    // Whatever is down then is meant to be.
    if (state.verdict == Verdict::stopped || state.verdict == Verdict::stopping) return;
    const auto& missing =
        stack_.critical_missing().empty() ? stack_.others_missing() : stack_.critical_missing();
    // The roots first: those whose cause is their own.
    for (const ServiceId id : missing)
      if (!next_of(stack_.service(id).why)) add_service(id, 1);
    for (const ServiceId id : missing)
      add_service(id, 1);
  }

  /// The service, what its phase is about, and whoever that leads to. No circle: each is told once.
  void add_service(ServiceId id, unsigned depth) {
    std::optional<ServiceId> next = id;
    for (; next && told_.insert(*next).second; ++depth) {
      const ServiceId present = *next;
      const Service& service = stack_.service(present);
      lines_.push_back({about(present), service.since_wall, depth, present});
      add_facts(present, depth + 1);
      next = next_of(service.why);
    }
  }

  [[nodiscard]] std::vector<ExplainLine> take() { return std::move(lines_); }

private:
  [[nodiscard]] std::string about(ServiceId id) const {
    const Service& service = stack_.service(id);
    std::string text = stack_.spec(id).name + " is " + std::string(word(name_of(service.phase)));
    const std::string why = words(stack_, service.why);
    return why.empty() ? text : text + ": " + why;
  }

  void add_fact(std::string text, unsigned depth) {
    lines_.push_back({std::move(text), std::nullopt, depth, std::nullopt});
  }

  void add_facts(ServiceId id, unsigned depth) {
    const Service& service = stack_.service(id);
    if (service.restarts > 0)
      add_fact(count_of(service.restarts, "charged restart") + " since the daemon's start", depth);
    if (service.last_exit && service.why.cause != Cause::exited && service.why.cause != Cause::ended)
      add_fact("the last run: " + words(*service.last_exit), depth);
    const ServiceSpec& spec = stack_.spec(id);
    const ProbeTrack* ready = ready_track_of(service.phase);
    const bool blind = is_blind(ready, spec.ready);
    const bool told_below = blind && service.status_text == ready->hindrance;
    if (!service.status_text.empty() && !told_below) add_fact("it says: " + service.status_text, depth);
    if (blind) add_unknown(Cause::ready_unknown, *ready, depth);
    if (spec.live) add_live(spec.live->probe, live_track_of(service.phase), depth);
  }

  void add_live(const Probe& probe, const ProbeTrack* live, unsigned depth) {
    if (live != nullptr && live->failures >= probe.failures)
      add_fact("its live probe failed " + count_of(live->failures, "time") + " in a row: " + live->said,
               depth);
    if (is_blind(live, probe)) add_unknown(Cause::live_unknown, *live, depth);
  }

  void add_unknown(Cause cause, const ProbeTrack& track, unsigned depth) {
    Why why = because(cause, track.hindrance);
    why.count = track.unknowns;
    add_fact(words(stack_, why), depth);
  }

  const Stack& stack_;
  std::vector<ExplainLine> lines_;
  std::set<ServiceId> told_;
};

} // namespace

std::vector<ExplainLine> explain(const Stack& stack, std::optional<ServiceId> service) {
  Chain chain(stack);
  if (service)
    chain.add_service(*service, 0);
  else
    chain.add_verdict();
  return chain.take();
}

} // namespace holdfast::model
