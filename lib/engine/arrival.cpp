#include "engine/arrival.h"

#include "engine/last_stop_rows.h"

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

/// Of the two that are kept, the one that the saved state belongs to is in force: a reload may have been
/// broken off between the two.
Status settle(KeptConfiguration& kept, const EngineFacts& facts) {
  if (facts.configuration == kept.in_force()) return Done{};
  if (facts.configuration == 0 || facts.configuration != kept.prepared())
    return Error{"the kept configuration is not that of the saved state"};
  kept.put_in_force(facts.configuration);
  return Done{};
}

struct Remembered {
  StateMemory memory;
  model::Stack stack;
  EngineFacts facts;
};

Result<Remembered> remember(Held& held, KeptConfiguration& kept) {
  auto memory = StateMemory::open(held.take(wire::state_slot));
  if (!memory) return memory.error();
  auto loaded = memory.value().load();
  if (!loaded) return loaded.error();
  const auto facts = decode_engine_facts(loaded.value().facts);
  if (!facts) return facts.error();
  if (auto settled = settle(kept, facts.value()); !settled) return settled.error();
  return Remembered{std::move(memory).value(), std::move(loaded.value().stack), facts.value()};
}

/// What the captures of the logs leave each other; whether it can be believed is theirs to see.
Result<linux_os::LogHold> log_hold(Held& held) {
  if (!held.has(wire::logs_slot)) return linux_os::LogHold::make();
  return linux_os::LogHold{.memory = held.take(wire::logs_slot),
                           .receipt_read = held.take(wire::receipt_read_slot),
                           .receipt_write = held.take(wire::receipt_write_slot)};
}

/// The events go on, or begin anew.
Result<EventRing> go_on(Held& held, std::vector<std::string>& found) {
  if (!held.has(wire::events_slot)) return EventRing::make();
  auto ring = EventRing::open(held.take(wire::events_slot));
  if (ring) return ring;
  found.push_back(ring.error().what + "; the events are counted anew");
  return EventRing::make();
}

} // namespace

Result<Arrival> arrive(config::Loaded accepted, const std::string& cgroup, int anchor, Held& held) {
  std::vector<std::string> found;
  auto spec = fitted(*accepted.stack, found);
  auto premises = enter_premises(*spec, cgroup, anchor, held.take(wire::lock_slot));
  if (!premises) return premises.error();
  auto kept = KeptConfiguration::make(accepted.kept);
  auto state = StateMemory::make();
  auto events = EventRing::make();
  auto logs = log_hold(held);
  for (const Error* error : {kept ? nullptr : &kept.error(), state ? nullptr : &state.error(),
                             events ? nullptr : &events.error(), logs ? nullptr : &logs.error()})
    if (error != nullptr) {
      static_cast<void>(premises.value().tree.remove());
      return *error;
    }
  found.insert(found.begin(), premises.value().found.begin(), premises.value().found.end());
  const EngineFacts facts{.configuration = kept.value().in_force(), .events = 0, .commands = {}};
  return Arrival{.spec = std::move(spec),
                 .accepted = std::move(accepted),
                 .kept = std::move(kept).value(),
                 .state = std::move(state).value(),
                 .events = std::move(events).value(),
                 .logs = std::move(logs).value(),
                 .facts = facts,
                 .stack = std::nullopt,
                 .comes_back = false,
                 .premises = std::move(premises).value(),
                 .found = std::move(found)};
}

bool is_started(const wire::LastStopTable& table, const Held& held) {
  return table.life.number.load() > 1 && held.has(wire::state_slot) && held.has(wire::configuration_slot);
}

Result<Arrival> come_back(const wire::LastStopTable& table, int anchor, Held& held,
                          const std::function<config::Loaded(const config::KeptFiles&)>& load) {
  std::vector<std::string> found;
  auto place = LastStopRows::place_in(table);
  if (!place) return Error{"no tree of cgroups was made"};
  auto kept = KeptConfiguration::open(held.take(wire::configuration_slot));
  if (!kept) return kept.error();
  auto events = go_on(held, found);
  if (!events) return events.error();

  std::optional<Remembered> remembered;
  if (table.life.distrusts_state.load() != 0) {
    found.push_back("two engines in a row ended before they had taken over: the saved state is not read");
  } else if (auto state = remember(held, kept.value())) {
    remembered = std::move(state).value();
  } else {
    found.push_back(state.error().what + "; what runs is met without it");
  }

  const auto files = kept.value().read(kept.value().in_force());
  if (!files) return files.error();
  config::Loaded accepted = load(files.value());
  if (!accepted.stack) return Error{"the kept configuration has mistakes"};
  EngineFacts facts{
      .configuration = kept.value().in_force(), .events = events.value().last(), .commands = {}};
  std::shared_ptr<const model::StackSpec> spec;
  std::optional<model::Stack> stack;
  if (remembered) {
    facts = remembered->facts;
    events.value().take_back_after(facts.events);
    stack = std::move(remembered->stack);
    spec = std::make_shared<const model::StackSpec>(stack->spec());
  } else {
    spec = fitted(*accepted.stack, found);
  }
  auto state = remembered ? Result<StateMemory>(std::move(remembered->memory)) : StateMemory::make();
  if (!state) return state.error();
  auto logs = log_hold(held);
  if (!logs) return logs.error();
  auto premises = come_back_to_premises(*spec, std::move(*place), table.life.number.load(), anchor,
                                        held.take(wire::lock_slot));
  if (!premises) return premises.error();
  found.insert(found.end(), premises.value().found.begin(), premises.value().found.end());
  return Arrival{.spec = std::move(spec),
                 .accepted = std::move(accepted),
                 .kept = std::move(kept).value(),
                 .state = std::move(state).value(),
                 .events = std::move(events).value(),
                 .logs = std::move(logs).value(),
                 .facts = facts,
                 .stack = std::move(stack),
                 .comes_back = true,
                 .premises = std::move(premises).value(),
                 .found = std::move(found)};
}

} // namespace holdfast::engine
