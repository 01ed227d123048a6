#pragma once
// Rules of single structs that their fields' types do not say: what a value read from bytes must fulfil
// before the model may have it. An empty answer is none.

#include "model/events.h"
#include "model/stack.h"

#include <cstdint>
#include <limits>
#include <string_view>

namespace holdfast::model {

/// How many services and conditions the spec in question has: their ids are below these.
struct Places {
  std::uint32_t services = 0;
  std::uint32_t conditions = 0;
};
/// Of a spec that is not read yet.
constexpr Places anywhere{std::numeric_limits<std::uint32_t>::max(),
                          std::numeric_limits<std::uint32_t>::max()};

[[nodiscard]] Places places_in(const StackSpec& spec);

[[nodiscard]] std::string_view flaw_of(const Probe& probe, const Places& places);
[[nodiscard]] std::string_view flaw_of(const StackSpec& spec, const Places& places);
[[nodiscard]] std::string_view flaw_of(const Why& why, const Places& places);
[[nodiscard]] std::string_view flaw_of(const ConditionSeen& seen, const Places& places);
/// `places`: of the spec before.
[[nodiscard]] std::string_view flaw_of(const ConfigurationChanged& changed, const Places& places);

/// What each service's and the stack's state must fulfil for this spec.
[[nodiscard]] std::string_view flaw_of(const StackImage& image, const StackSpec& spec);

} // namespace holdfast::model
