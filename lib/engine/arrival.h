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
  Fd observer; ///< the program that the engines before this one used; none: this one's build has its own
  bool comes_back = false; ///< to a stack that another engine started
  Premises premises;
  std::vector<std::string> found; ///< to be told to the operator
};

/// Makes a configuration of what was kept.
using LoadKept = std::function<config::Loaded(const config::KeptFiles&)>;

/// Of the first engine, and of one whose predecessors came no further than this. `accepted` has a stack.
/// `cgroup`: the base of the tree, empty for the default.
[[nodiscard]] Result<Arrival> arrive(config::Loaded accepted, const std::string& cgroup, int anchor,
                                     Held& held);

/// Whether there is something to come back to.
[[nodiscard]] bool is_started(const wire::LastStopTable& table, const Held& held);

/// Of one that comes back. Where the saved state cannot be read, or is not to be, it is told in `found`, and
/// what is there is met without it. While a former build may have to return, its memories are read and left
/// as they are, and the arrival has new ones.
[[nodiscard]] Result<Arrival> come_back(const wire::LastStopTable& table, int anchor, Held& held,
                                        const LoadKept& load);

/// Whether this build could come back to the stack: reads all that it would read, of copies that are held for
/// that, and changes nothing. An error says what it cannot read.
[[nodiscard]] Status try_out(const wire::LastStopTable& table, Held& held, const LoadKept& load);

} // namespace holdfast::engine
