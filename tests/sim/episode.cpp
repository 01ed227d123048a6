#include "episode.h"

#include "public_state.h"
#include "random_spec.h"

#include <algorithm>
#include <utility>

namespace holdfast::sim {

using namespace model;

namespace {

/// Once faults have ceased, everything has come to rest by then: restarts, backoffs and bounds are all over.
constexpr Duration rest_bound = 3h;

std::shared_ptr<const StackSpec> arranged(const StackSpec& stack, bool mirror) {
  return std::make_shared<const StackSpec>(mirror ? mirrored(stack) : stack);
}

} // namespace

Episode::Episode(Decisions& decisions, std::uint32_t most_services, Coverage& coverage, Watchers watchers)
    : decisions_(decisions), coverage_(coverage), watchers_(watchers),
      configured_(random_stack(decisions, most_services)),
      mirrored_(decisions.about(Topic::stack, 1, 0).percent(50)), spec_(arranged(configured_, mirrored_)),
      machine_(decisions, spec_, now_.mono), stack_(spec_, now_), books_(stack_, machine_, coverage),
      hostility_(decisions) {
  if (watchers_.recording != nullptr) watchers_.recording->begin(stack_);
  if (watchers_.history == nullptr) return;
  for (const std::string& line : describe(*spec_))
    watchers_.history->note(line);
}

Ending Episode::run() {
  Draw draw = decisions_.about(Topic::time, 1, 0);
  start_stack();
  hostile_moments();
  const bool down_at_once = draw.percent(20);
  if (!over() && down_at_once) deliver(ShutdownAsked{"root"});
  if (!over()) calm_down();
  if (!over()) shut_down();
  return {events_, trace_.value(), violation_};
}

void Episode::hostile_moments() {
  const std::uint64_t most = 200 + decisions_.about(Topic::time, 1, 1).below(2000);
  hostility_.plan(now_.mono, stack_.next_deadline(), machine_.next());
  while (!over() && events_ < most && hostility_.taken() < most && turn()) {
  }
  hostility_.cease();
}

bool Episode::turn() {
  const MonoTime world = machine_.next();
  const MonoTime deadline = stack_.next_deadline();
  const MonoTime moment = std::min({world, deadline, hostility_.next()});
  if (moment == never) return false;
  pass_until(moment);
  // Of what comes at one moment, any may be first.
  const std::uint64_t toss = decisions_.about(Topic::time, 2, events_).below(4);
  const bool world_due = world <= now_.mono;
  const bool deadline_due = deadline <= now_.mono;
  if (hostility_.next() <= now_.mono && (toss < 2 || (!world_due && !deadline_due))) {
    act();
  } else if (world_due && (toss % 2 == 0 || !deadline_due)) {
    if (const auto event = machine_.take(now_.mono)) hear(*event);
  } else if (deadline_due) {
    deliver(DeadlinePassed{});
  }
  return true;
}

void Episode::pass_until(MonoTime moment) {
  if (moment <= now_.mono) return;
  now_.wall += moment - now_.mono;
  now_.mono = moment;
}

void Episode::hear(const Event& event) {
  if (engine_dies_ && engine_dies_->point == DeathPoint::before_a_step) return kill_engine();
  deliver(event);
}

void Episode::deliver(const Event& event) {
  ++events_;
  now_.draw = decisions_.about(Topic::jitter, 0, events_).below(~0ULL);
  actions_.clear();
  step(stack_, event, now_, actions_);
  trace_.add(actions_);
  if (watchers_.recording != nullptr) watchers_.recording->add(event, now_, actions_);
  if (watchers_.history != nullptr) watchers_.history->add(stack_, event, now_, actions_);
  books_.check({stack_, event, now_, actions_});
  if (books_.findings().any()) violation_ = books_.findings().text();
  if (broken()) return;
  if (!carry_out()) return kill_engine();
  machine_.acknowledge();
  check(machine_.complaint().empty(), machine_.complaint());
}

bool Episode::is_last_action() {
  return engine_dies_ && engine_dies_->point != DeathPoint::before_a_step && engine_dies_->count-- == 0;
}

bool Episode::carry_out() {
  for (const Action& action : actions_) {
    const bool is_last = is_last_action();
    if (is_last && engine_dies_->point == DeathPoint::at_an_action) return false;
    machine_.carry_out(action, now_.mono);
    if (const auto* done = std::get_if<RememberDone>(&action)) remember(*done);
    if (std::holds_alternative<OpenDoor>(action)) door_open_ = true;
    if (std::holds_alternative<CloseDoor>(action)) door_open_ = false;
    ended_ = ended_ || std::holds_alternative<End>(action);
    if (is_last && !ended_) return false;
    machine_.note_done(stack_, action);
  }
  return true;
}

void Episode::check(bool holds, const std::string& what) {
  if (!holds && violation_.empty()) violation_ = what;
}

bool Episode::at_rest() const {
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const Service& service = stack_.service({i});
    const PhaseName phase = name_of(service.phase);
    // What lives elsewhere answers again now that all faults have ceased.
    const bool stuck = is_stuck(stack_, {i}) && !is_external(stack_, {i});
    const bool rests = phase == PhaseName::down || phase == PhaseName::failed || answers(stack_, {i}) ||
                       is_held(stack_, {i}) || stuck;
    if (!rests) return false;
  }
  return machine_.next() > now_.mono + 5s;
}

void Episode::calm_down() {
  decisions_.cease_faults();
  engine_dies_.reset();
  machine_.cease_faults(now_.mono);
  deliver(PressureSeen{false});
  for (std::uint32_t i = 0; i < stack_.size() && !over(); ++i)
    turn_memory({i}, false);
  const MonoTime end = now_.mono + rest_bound;
  while (!over() && !at_rest() && now_.mono < end && turn()) {
  }
  if (over()) return;
  check(at_rest(), "does not come to rest");
  check(door_open_ == stack_.door_open(), "the door is not where the model has it");
  const std::vector<ServiceId> done = done_before();
  for (std::uint32_t i = 0; i < stack_.size(); ++i) {
    const bool known = !stack_.service({i}).remembered || stack_.spec({i}).removed;
    check(known || std::find(done.begin(), done.end(), ServiceId{i}) != done.end(),
          "what is done is not remembered beyond the daemon");
  }
  if (stack_.shutting_down() || broken()) return;
  deliver(DoorAsked{true, "root"});
  if (!over()) deliver(CommandAsked{Verb::start, {}, "root"});
  while (!over() && !at_rest() && now_.mono < end + rest_bound && turn()) {
  }
  if (over()) return;
  check(at_rest(), "does not come to rest after a start");
  // What was still to be restarted then may take longer than it has.
  const Cause cause = stack_.state().given_up_why.cause;
  if (stack_.state().given_up && (cause == Cause::recover_bound || cause == Cause::start_bound)) return;
  check(stack_.verdict() == Verdict::working, "is at rest, was started, and does not work");
  check(stack_.door_open(), "works with its door closed");
}

void Episode::shut_down() {
  if (!stack_.shutting_down()) deliver(ShutdownAsked{"root"});
  const MonoTime end = now_.mono + stack_.spec().stop_within + kill_grace;
  while (!over() && now_.mono <= end && turn()) {
  }
  if (broken()) return;
  check(ended_, "was asked to end and does not");
  check(!machine_.any_lives(), "has ended, and a process lives");
}

} // namespace holdfast::sim
