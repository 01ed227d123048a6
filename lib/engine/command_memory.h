#pragma once

#include "base/result.h"
#include "engine/control_port.h"
#include "model/stack.h"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::engine {

/// The last commands that were carried out, so that one that is asked for again is not carried out twice. A
/// client asks again within seconds; as many as are kept do not come in that time.
class CommandMemory {
public:
  static constexpr std::size_t most_commands = 256;
  static constexpr std::size_t most_bytes = 256U << 10; ///< about; one that is longer is kept alone

  /// One without an id is not kept.
  void add(AcceptedCommand command);
  [[nodiscard]] std::optional<AcceptedCommand> find(CommandId id) const;

  /// For the engine that comes after this one; in the format of model/archive.h, so what it is kept in says
  /// which (model::format). To be saved with the step that carries the command out, neither before nor after.
  [[nodiscard]] std::string save() const;
  /// Replaces what is remembered, or changes nothing. `spec`: that of the step it was saved with.
  [[nodiscard]] Status restore(std::string_view bytes, const model::StackSpec& spec);

private:
  std::deque<AcceptedCommand> commands_; ///< oldest first
  std::size_t bytes_ = 0;
};

/// Of the commands that a reload waits for: without services that are not wanted any more. What an operator
/// stopped stays so.
[[nodiscard]] std::vector<model::CommandAsked> still_wanted(const model::Stack& stack,
                                                            std::vector<model::CommandAsked> awaited);

} // namespace holdfast::engine
