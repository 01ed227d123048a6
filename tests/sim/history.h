#pragma once

#include "model/events.h"
#include "model/stack.h"

#include <string>
#include <vector>

namespace holdfast::sim {

/// What happened in an episode, in words: a line for each event with what it led to.
class History {
public:
  void add(const model::Stack& stack, const model::Event& event, const Now& now,
           const model::Actions& actions);
  void note(const std::string& line) { lines_.push_back(line); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

private:
  std::vector<std::string> lines_;
};

/// The stack in words: a line for each service that is more than a place.
[[nodiscard]] std::vector<std::string> describe(const model::StackSpec& stack);

} // namespace holdfast::sim
