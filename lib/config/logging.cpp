#include "config/semantics.h"

#include "config/bounds.h"

namespace holdfast::config {
namespace {

void check_free(const Node& logging, const model::LogArchives& archives, Report& report) {
  const Entry* const free = logging.find("free");
  if (free == nullptr || archives.warn_percent == 0 || archives.warn_percent >= archives.stop_percent) return;
  report.error(free->value->place, "logging.free",
               {"warn (" + std::to_string(archives.warn_percent) + "%) is below stop (" +
                    std::to_string(archives.stop_percent) + "%): it would come too late",
                "a warn that is larger, or 0% for none"});
}

} // namespace

void check_logging(const Node& tree, const model::StackSpec& stack, Report& report) {
  constexpr Duration day = std::chrono::hours(24);
  const Node* const logging = tree.value("logging");
  if (logging != nullptr) check_free(*logging, stack.log_archives, report);
  const Node* const rotate = logging == nullptr ? nullptr : logging->value("rotate");
  const Entry* const every = rotate == nullptr ? nullptr : rotate->find("every");
  if (every == nullptr || stack.rotate_every < day || stack.rotate_every % day == Duration{}) return;
  report.error(every->value->place, "logging.rotate.every",
               {written(stack.rotate_every) + " is neither below a day nor whole days",
                "1d, 7d, or 1h, which is counted from each midnight on"});
}

} // namespace holdfast::config
