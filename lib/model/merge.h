#pragma once
// What a reload changes, and the spec that keeps everybody's place over it.

#include "model/spec.h"

#include <cstdint>

namespace holdfast::model {

/// What has to be done to a service so that it is as `next` says; the greatest that applies.
enum class ChangeKind : std::uint8_t {
  none,
  live,    ///< from now on: probes, policy, edges, ladders, bounds
  restart, ///< how it is started is another
  replace, ///< another kind of thing under the same name: the old one is stopped and removed, the new one
           ///< added
};
/// Needs and conditions are compared by their places: both must mean the same in both.
[[nodiscard]] ChangeKind change_between(const ServiceSpec& now, const ServiceSpec& next);

/// `next` with the services and conditions of `now` in the places that they have there, so that a ServiceId
/// means the same service before and after; what `next` adds comes behind the last. What it leaves out or
/// replaces stays as `removed`, with the needs it had; one that was removed and is there again has its old
/// place. Name and directories stay those of `now`: they cannot change under a running daemon.
[[nodiscard]] StackSpec merged(const StackSpec& now, const StackSpec& next);

} // namespace holdfast::model
