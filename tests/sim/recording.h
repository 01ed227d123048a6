#pragma once

#include "base/time.h"
#include "model/events.h"
#include "model/stack.h"

#include <string>
#include <vector>

namespace holdfast::sim {

/// What entered the model, as the engine records it: a segment for each engine.
class Recording {
public:
  /// From here on: a new engine goes on from `stack`.
  void begin(const model::Stack& stack);
  void add(const model::Event& event, const Now& now, const model::Actions& actions);
  /// Whether all of it can be played, and leads to the same decisions again.
  [[nodiscard]] bool replays() const;

private:
  std::vector<std::string> segments_;
};

} // namespace holdfast::sim
