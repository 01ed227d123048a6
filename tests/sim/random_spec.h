#pragma once
// Random configurations, each valid by the rules of lib/config: needs have no cycle, no hard need is on a
// disabled service, stop_within is longer than the longest chain of ladders. In what is made here needs point
// to earlier places.

#include "decisions.h"
#include "model/spec.h"

#include <cstdint>

namespace holdfast::sim {

[[nodiscard]] model::StackSpec random_stack(Decisions& decisions, std::uint32_t most_services);

/// A service to stand at `place` of `stack`, which has all before it. The same `salt` gives the same one.
[[nodiscard]] model::ServiceSpec random_service(Decisions& decisions, const model::StackSpec& stack,
                                                std::uint32_t place, std::uint64_t salt);

/// Another configuration: some of the services changed, added, left out, turned on or off.
/// Precondition: needs point to earlier places. They do so in what is returned.
[[nodiscard]] model::StackSpec mutated(Decisions& decisions, model::StackSpec stack, std::uint64_t nth);

/// The same stack with its services in the opposite order: no rule may depend on their places.
[[nodiscard]] model::StackSpec mirrored(model::StackSpec stack);

/// Whether a stack starts it, so that others may depend on it.
[[nodiscard]] bool starts_by_itself(const model::ServiceSpec& service);

/// stop_within as lib/config fills it in.
void fill_in_bounds(model::StackSpec& stack);

} // namespace holdfast::sim
