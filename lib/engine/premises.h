#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "engine/tree.h"
#include "model/spec.h"

#include <string>
#include <vector>

namespace holdfast::engine {

/// What a daemon of a stack must have to itself before anything is started.
struct Premises {
  Fd lock; ///< the anchor is to hold a copy
  Fd log_directory;
  Tree tree;
  std::vector<std::string>
      found; ///< what an earlier daemon had left, limits not in force: to be told, in words
};

/// `enforce_limits: when-available` for what a process sets on itself: the spec gets the limits that this
/// machine grants, and each service that gets less than it asks for is told in the words that are returned.
[[nodiscard]] std::vector<std::string> fit_limits(model::StackSpec& spec);

/// Removes the flag of a door that a daemon which was killed left open. One whose stack is locked is that of
/// a daemon that lives, and stays as it is.
[[nodiscard]] Status close_left_door(const std::string& runtime);

/// Makes the directories, takes the stack's lock, closes the door, makes the cgroups and writes their limits;
/// refused where these are required and a controller is missing for them. `cgroup`: the base of the tree,
/// empty for the default. `anchor` is the pid of the daemon's main process.
/// `lock`: where an engine before this one took it and came no further.
[[nodiscard]] Result<Premises> enter_premises(const model::StackSpec& spec, const std::string& cgroup,
                                              int anchor, Fd lock = {});

/// The same for an engine that comes back to a stack that was started: `place` and `lock` are its
/// predecessor's, `engine` is which one this is. Nothing of the services is touched, and the door stays as it
/// is; limits are written again, as if they had not lasted.
[[nodiscard]] Result<Premises> come_back_to_premises(const model::StackSpec& spec, Tree::Place place,
                                                     std::uint32_t engine, int anchor, Fd lock);

} // namespace holdfast::engine
