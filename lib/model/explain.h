#pragma once
// From what is wrong down to the first fact.

#include "base/ids.h"
#include "base/time.h"
#include "model/stack.h"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::model {

struct ExplainLine {
  std::string text;              ///< "worker is waiting: needs rabbitmq, which failed"
  std::optional<WallTime> since; ///< when that began; none for a fact that goes with the line above
  unsigned depth = 0;            ///< how far it is from what was asked: a line explains the nearest one above
                                 ///< with a smaller depth
  std::optional<ServiceId> service; ///< whom it is about
};

/// The chain of causes of a service's phase or, without one, of the stack's verdict. Each link follows from
/// the next: a service that waits for another leads to that one. The last service named is where to begin;
/// what its log says last is for the caller to add.
[[nodiscard]] std::vector<ExplainLine> explain(const Stack& stack, std::optional<ServiceId> service);

} // namespace holdfast::model
