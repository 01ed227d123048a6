#pragma once
// How an engine comes to its stack: the first one starts it; each that follows goes on with what its
// predecessors left with the anchor.

#include "config/load.h"
#include "engine/engine_facts.h"
#include "engine/event_log.h"
#include "engine/held.h"
#include "engine/kept_configuration.h"
#include "engine/premises.h"
#include "engine/state_memory.h"
#include "linux/log_memory.h"
#include "model/stack.h"
#include "wire/last_stop.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::engine {

struct Arrival {
  std::shared_ptr<const model::StackSpec> spec; ///< that the stack begins with
  config::Loaded accepted;
  KeptConfiguration kept;
  StateMemory state;
  EventRing events;
  linux_os::LogHold logs;
  EngineFacts facts;
  /// As it was saved last; none: it begins with `spec`, all of it down.
  std::optional<model::Stack> stack;
  bool comes_back = false; ///< to a stack that another engine started
  Premises premises;
  std::vector<std::string> found; ///< to be told to the operator
};

/// Of the first engine, and of one whose predecessors came no further than this. `accepted` has a stack.
/// `cgroup`: the base of the tree, empty for the default.
[[nodiscard]] Result<Arrival> arrive(config::Loaded accepted, const std::string& cgroup, int anchor,
                                     Held& held);

/// Whether there is something to come back to.
[[nodiscard]] bool is_started(const wire::LastStopTable& table, const Held& held);

/// Of one that comes back. Where the saved state cannot be read, or is not to be, it is told in `found`, and
/// what is there is met without it. `load`: makes the configuration of what was kept.
[[nodiscard]] Result<Arrival> come_back(
    const wire::LastStopTable& table, int anchor, Held& held,
    const std::function<config::Loaded(const config::KeptFiles&)>& load = [](const config::KeptFiles& kept) {
      return config::load(kept);
    });

} // namespace holdfast::engine
