#pragma once
// A stack as parts that are saved each by itself, for the engine that comes after the present one: the spec,
// the state of the stack, the state of each service.

#include "base/result.h"
#include "model/archive.h"
#include "model/stack.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::model {

/// Parts as bytes, one behind the other. The room is kept when it is emptied, so that a step costs no
/// allocation.
class PartWriter {
public:
  void clear() { writer_.clear(); }
  void add(const StackSpec& spec) { writer_.put(spec); }
  void add(const StackState& state) { writer_.put(state); }
  void add(const Service& service) { writer_.put(service); }
  void add(std::string_view bytes) { writer_.raw(bytes); }
  /// Good until the next change.
  [[nodiscard]] std::string_view bytes() const { return writer_.bytes(); }

private:
  Writer writer_;
};

/// All parts of one stack. The bytes are borrowed.
struct SavedParts {
  std::uint32_t format = 0; ///< in which they were written
  std::string_view spec;
  std::string_view state;
  std::vector<std::string_view> services; ///< in the spec's order
};

/// The parts of a stack in the present format; `bytes` holds what they refer to.
[[nodiscard]] SavedParts parts_of(const Stack& stack, PartWriter& bytes);

/// Whether this build reads what was written in that format.
[[nodiscard]] bool is_readable(std::uint32_t written_in);

/// The stack that was saved. Whatever the bytes are: either it is refused, in words that say why, or it is
/// one that step() may go on with.
[[nodiscard]] Result<Stack> restore(const SavedParts& parts);

} // namespace holdfast::model
