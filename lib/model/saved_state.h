#pragma once
// The state of a stack as bytes, for the engine that comes after the present one.

#include "base/result.h"
#include "model/stack.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::model {

/// Tells specs apart: a state belongs to the spec it was taken under. Made once a spec, as it costs as much
/// as to write the spec down.
struct Fingerprint {
  std::uint32_t value = 0;
  bool operator==(const Fingerprint&) const = default;
};
[[nodiscard]] Fingerprint fingerprint(const StackSpec& spec);

/// `spec`: of the stack's spec.
[[nodiscard]] std::string save(const Stack& stack, Fingerprint spec);
[[nodiscard]] std::string save(const Stack& stack);

/// The stack that was saved. Whatever the bytes are: either it is refused, in words that say why, or it is
/// one that step() may go on with.
[[nodiscard]] Result<Stack> restore(std::string_view bytes, std::shared_ptr<const StackSpec> spec);

} // namespace holdfast::model
