#pragma once
// From the tree to a StackSpec. What the checks refused is passed over: the spec is used only where nothing
// was wrong.

#include "config/load.h"
#include "config/tree.h"
#include "model/spec.h"

namespace holdfast::config {

/// All but needs, conditions and stop_within, which look at more than one service. Services are in the order
/// of the file.
[[nodiscard]] model::StackSpec build_stack(const Node& tree, const LoadOptions& options);

[[nodiscard]] model::ServiceSpec build_service(const Entry& service, const model::RestartPolicy& defaults);

/// Lays the keys of a `restart` section on `policy`.
void read_restart(const Node* section, model::RestartPolicy& policy);

/// Lays the keys of a `limits` section that are a cgroup's on `limits`.
void read_group_limits(const Node* section, model::GroupLimits& limits);

} // namespace holdfast::config
