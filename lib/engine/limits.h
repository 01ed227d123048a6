#pragma once

#include "base/result.h"
#include "engine/tree.h"
#include "model/spec.h"

#include <string>
#include <utility>
#include <vector>

namespace holdfast::engine {

/// Which limits of cgroups the tree cannot enforce, which controllers it lacks for them and why, in one line;
/// empty: it can enforce all.
[[nodiscard]] std::string unenforceable(const Tree& tree, const model::StackSpec& spec);

/// Cgroups, by their paths, and what is to be written to each.
using LimitOrders = std::vector<std::pair<std::string, model::GroupLimits>>;

/// What BASE/observer may have: it parses what hostile peers send. It is in the way of nobody who asks
/// little.
[[nodiscard]] model::GroupLimits observer_limits();

/// Of the stack, all of its services, and the observer.
[[nodiscard]] LimitOrders all_limits(const Tree& tree, const model::StackSpec& spec);
/// Those of them that `before` had otherwise, or did not have.
[[nodiscard]] LimitOrders changed_limits(const Tree& tree, const model::StackSpec& before,
                                         const model::StackSpec& now);

/// Returns what the kernel refused, in words. Without the controllers for it nothing is written.
[[nodiscard]] std::vector<std::string> write(const Tree& tree, const LimitOrders& orders);

} // namespace holdfast::engine
