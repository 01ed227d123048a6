#include "control/outcome.h"

#include <utility>

namespace holdfast::control {

model::Outcome outcome_of(const model::Stack& stack, const std::vector<model::CommandAsked>& commands) {
  model::Outcome all{.state = model::Outcome::State::done, .text = {}};
  for (const model::CommandAsked& command : commands) {
    model::Outcome one = model::outcome_of(stack, command);
    if (one.state == model::Outcome::State::failed) return one;
    if (one.state == model::Outcome::State::pending && all.state == model::Outcome::State::done)
      all = std::move(one);
  }
  return all;
}

} // namespace holdfast::control
