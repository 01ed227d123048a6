#include "engine/arrival.h"

#include "engine/last_stop_rows.h"
#include "linux/log_memory.h"
#include "wire/held.h"

#include <utility>

namespace holdfast::engine {
namespace {

/// A spec as this machine can run it; what it does not grant is told.
std::shared_ptr<const model::StackSpec> fitted(const model::StackSpec& spec,
                                               std::vector<std::string>& found) {
  auto fit = std::make_shared<model::StackSpec>(spec);
  const auto lowered = fit_limits(*fit);
  found.insert(found.end(), lowered.begin(), lowered.end());
  return fit;
}

/// Whether one of the two that are kept is the one that the saved state belongs to: a reload may have been
/// broken off between the two.
bool has_its_configuration(const KeptConfiguration& kept, const EngineFacts& facts) {
  if (facts.configuration == kept.in_force()) return true;
  return facts.configuration != 0 && facts.configuration == kept.prepared();
}

/// Where what tells of the stack is held.
struct Slots {
  std::int32_t state;
  std::int32_t configuration;
  std::int32_t events;
};
constexpr Slots present{wire::state_slot, wire::configuration_slot, wire::events_slot};
constexpr Slots of_the_trial{wire::trial_state_slot, wire::trial_configuration_slot, wire::trial_events_slot};

/// What engines leave each other in memories. The configuration of `facts` is one of the two that are kept,
/// and the events behind those of `facts` are of a step that was not saved.
struct Memories {
  KeptConfiguration kept;
  EventRing events;
  StateMemory state;
  EngineFacts facts;
  std::optional<model::Stack> stack;
};

Result<Memories> make_memories(const config::KeptFiles& files) {
  auto kept = KeptConfiguration::make(files);
  if (!kept) return kept.error();
  auto events = EventRing::make();
  if (!events) return events.error();
  auto state = StateMemory::make();
  if (!state) return state.error();
  const EngineFacts facts{.configuration = kept.value().in_force(), .events = 0, .commands = {}};
  return Memories{std::move(kept).value(), std::move(events).value(), std::move(state).value(), facts, {}};
}

struct Remembered {
  StateMemory memory;
  model::Stack stack;
  EngineFacts facts;
};

Result<Remembered> remember(Fd state, const KeptConfiguration& kept) {
  auto memory = StateMemory::open(std::move(state));
  if (!memory) return memory.error();
  auto loaded = memory.value().load();
  if (!loaded) return loaded.error();
  const auto facts = decode_engine_facts(loaded.value().facts);
  if (!facts) return facts.error();
  if (!has_its_configuration(kept, facts.value()))
    return Error{"the kept configuration is not that of the saved state"};
  return Remembered{std::move(memory).value(), std::move(loaded.value().stack), facts.value()};
}

/// Something of what was left that is not gone on with.
struct Missing {
  std::string why;
  std::string instead; ///< what is done without it
};

/// The events go on, or begin anew.
Result<EventRing> go_on(Fd memory, std::vector<Missing>& missing) {
  if (!memory.valid()) return EventRing::make();
  auto ring = EventRing::open(std::move(memory));
  if (ring) return ring;
  missing.push_back({ring.error().what, "the events are counted anew"});
  return EventRing::make();
}

/// Reads them, and changes nothing. What is missing among them is made, and told.
Result<Memories> read_memories(Held& held, const Slots& slots, bool distrusted,
                               std::vector<Missing>& missing) {
  auto kept = KeptConfiguration::open(held.take(slots.configuration));
  if (!kept) return kept.error();
  auto events = go_on(held.take(slots.events), missing);
  if (!events) return events.error();
  if (distrusted) {
    missing.push_back(
        {"two engines in a row ended before they had taken over", "the saved state is not read"});
  } else if (auto state = remember(held.take(slots.state), kept.value())) {
    Remembered& was = state.value();
    return Memories{std::move(kept).value(), std::move(events).value(), std::move(was.memory), was.facts,
                    std::move(was.stack)};
  } else {
    missing.push_back({state.error().what, "what runs is met without it"});
  }
  auto state = StateMemory::make();
  if (!state) return state.error();
  const EngineFacts facts{
      .configuration = kept.value().in_force(), .events = events.value().last(), .commands = {}};
  return Memories{std::move(kept).value(), std::move(events).value(), std::move(state).value(), facts, {}};
}

/// What the engine before was killed in the middle of is ended, or undone.
void settle(Memories& memories) {
  if (memories.facts.configuration != memories.kept.in_force())
    memories.kept.put_in_force(memories.facts.configuration);
  memories.events.take_back_after(memories.facts.events);
}

/// The same in memories of our own: those that were read stay as they are.
Status renew(Memories& memories) {
  const auto files = memories.kept.read(memories.facts.configuration);
  if (!files) return files.error();
  auto made = make_memories(files.value());
  if (!made) return made.error();
  auto events = memories.events.copy();
  if (!events) return events.error();
  memories.facts.configuration = made.value().facts.configuration;
  memories.kept = std::move(made.value().kept);
  memories.events = std::move(events).value();
  memories.state = std::move(made.value().state);
  settle(memories);
  return Done{};
}

Result<config::Loaded> load_kept(const Memories& memories, const LoadKept& load) {
  const auto files = memories.kept.read(memories.facts.configuration);
  if (!files) return files.error();
  config::Loaded loaded = load(files.value());
  if (loaded.stack) return loaded;
  const std::string first =
      loaded.diagnostics.empty() ? std::string() : ": " + config::render(loaded.diagnostics.front());
  return Error{"the kept configuration has mistakes" + first.substr(0, first.find('\n'))};
}

/// What the captures of the logs leave each other; whether it can be believed is theirs to see.
Result<linux_os::LogHold> log_hold(Held& held) {
  if (!held.has(wire::logs_slot)) return linux_os::LogHold::make();
  return linux_os::LogHold{.memory = held.take(wire::logs_slot),
                           .receipt_read = held.take(wire::receipt_read_slot),
                           .receipt_write = held.take(wire::receipt_write_slot)};
}

/// What an arrival is made of beside its memories.
struct Place {
  config::Loaded accepted;
  std::shared_ptr<const model::StackSpec> spec;
  linux_os::LogHold logs;
  Premises premises;
};

Arrival arrival_of(Memories memories, Place place, std::vector<std::string> found) {
  found.insert(found.end(), place.premises.found.begin(), place.premises.found.end());
  return Arrival{.spec = std::move(place.spec),
                 .accepted = std::move(place.accepted),
                 .kept = std::move(memories.kept),
                 .state = std::move(memories.state),
                 .events = std::move(memories.events),
                 .logs = std::move(place.logs),
                 .facts = std::move(memories.facts),
                 .stack = std::move(memories.stack),
                 .observer = {},
                 .comes_back = false,
                 .premises = std::move(place.premises),
                 .found = std::move(found)};
}

bool may_go_back(const Held& held) {
  return held.has(wire::former_state_slot);
}

} // namespace

Result<Arrival> arrive(config::Loaded accepted, const std::string& cgroup, int anchor, Held& held) {
  std::vector<std::string> found;
  auto spec = fitted(*accepted.stack, found);
  auto memories = make_memories(accepted.kept);
  if (!memories) return memories.error();
  auto logs = log_hold(held);
  if (!logs) return logs.error();
  auto premises = enter_premises(*spec, cgroup, anchor, held.take(wire::lock_slot));
  if (!premises) return premises.error();
  Place place{std::move(accepted), std::move(spec), std::move(logs).value(), std::move(premises).value()};
  return arrival_of(std::move(memories).value(), std::move(place), std::move(found));
}

bool is_started(const wire::LastStopTable& table, const Held& held) {
  return table.life.number.load() > 1 && held.has(wire::state_slot) && held.has(wire::configuration_slot);
}

Result<Arrival> come_back(const wire::LastStopTable& table, int anchor, Held& held, const LoadKept& load) {
  auto tree = LastStopRows::place_in(table);
  if (!tree) return Error{"no tree of cgroups was made"};
  std::vector<Missing> missing;
  auto memories = read_memories(held, present, table.life.distrusts_state.load() != 0, missing);
  if (!memories) return memories.error();
  std::vector<std::string> found;
  for (const Missing& each : missing)
    found.push_back(each.why + "; " + each.instead);
  const auto& stack = memories.value().stack;
  auto accepted = load_kept(memories.value(), load);
  if (!accepted) return accepted.error();
  auto spec = stack ? std::make_shared<const model::StackSpec>(stack->spec())
                    : fitted(*accepted.value().stack, found);
  auto logs = log_hold(held);
  if (!logs) return logs.error();
  auto premises = come_back_to_premises(*spec, std::move(*tree), table.life.number.load(), anchor,
                                        held.take(wire::lock_slot));
  if (!premises) return premises.error();
  const bool renews = may_go_back(held);
  if (!renews)
    settle(memories.value());
  else if (auto renewed = renew(memories.value()); !renewed)
    return renewed.error();
  Place place{std::move(accepted).value(), std::move(spec), std::move(logs).value(),
              std::move(premises).value()};
  Arrival arrival = arrival_of(std::move(memories).value(), std::move(place), std::move(found));
  arrival.comes_back = true;
  if (!renews) arrival.observer = held.take(wire::observer_slot);
  return arrival;
}

Status try_out(const wire::LastStopTable& table, Held& held, const LoadKept& load) {
  if (!LastStopRows::place_in(table)) return Error{"no tree of cgroups was made"};
  if (auto known = linux_os::LogMemory::is_known(held.take(wire::logs_slot).get()); !known) return known;
  std::vector<Missing> missing;
  auto memories = read_memories(held, of_the_trial, false, missing);
  if (!memories) return memories.error();
  if (!missing.empty()) return Error{missing.front().why};
  if (auto renewed = renew(memories.value()); !renewed) return renewed;
  if (auto accepted = load_kept(memories.value(), load); !accepted) return accepted.error();
  return Done{};
}

} // namespace holdfast::engine
