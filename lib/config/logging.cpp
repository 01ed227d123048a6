#include "config/semantics.h"

#include "config/bounds.h"

namespace holdfast::config {

void check_logging(const Node& tree, const model::StackSpec& stack, Report& report) {
  constexpr Duration day = std::chrono::hours(24);
  const Node* const logging = tree.value("logging");
  const Node* const rotate = logging == nullptr ? nullptr : logging->value("rotate");
  const Entry* const every = rotate == nullptr ? nullptr : rotate->find("every");
  if (every == nullptr || stack.rotate_every < day || stack.rotate_every % day == Duration{}) return;
  report.error(every->value->place, "logging.rotate.every",
               {written(stack.rotate_every) + " is neither below a day nor whole days",
                "1d, 7d, or 1h, which is counted from each midnight on"});
}

} // namespace holdfast::config
