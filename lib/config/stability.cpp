#include "config/semantics.h"

#include "config/bounds.h"
#include "config/build.h"
#include "config/keys.h"

namespace holdfast::config {
namespace {

using namespace std::chrono_literals;

const Entry* key_of_stability(const Node& tree, std::string_view key) {
  const Node* stability = tree.value("stability");
  return stability == nullptr ? nullptr : stability->find(key);
}

/// A sum over a chain of needs would say nothing: services seldom use up their time, let alone all of them.
void compare_start_within(const Node& tree, const model::StackSpec& stack, Report& report) {
  const Entry* given = key_of_stability(tree, "start_within");
  if (given == nullptr) return;
  for (const model::ServiceSpec& service : stack.services) {
    const bool awaited = service.critical && service.enabled && service.external.empty();
    if (!awaited || service.task == model::TaskRun::on_command) continue;
    if (service.start_within <= stack.start_within) continue;
    report.warning(given->value->place, "stability.start_within",
                   {"start_within " + written(stack.start_within) + " of the stack is shorter than that of " +
                        in_quotes(service.name) + ", " + written(service.start_within),
                    {}});
  }
}

void settle_stop_within(const Node& tree, model::StackSpec& stack, Report& report) {
  const Duration longest = model::longest_stop(stack);
  const Entry* given = key_of_stability(tree, "stop_within");
  if (given == nullptr) {
    stack.stop_within = longest + 10s;
  } else if (stack.stop_within > 0s && stack.stop_within <= longest) {
    report.error(given->value->place, "stability.stop_within",
                 {"stop_within " + written(stack.stop_within) +
                      " is not longer than the longest chain of stop ladders, " + written(longest),
                  "leave it out, or shorten the ladders"});
  }
}

} // namespace

void check_stability(const Node& tree, Report& report) {
  const Entry* restart = key_of_stability(tree, "restart");
  if (restart == nullptr) return;
  model::RestartPolicy policy;
  read_restart(restart->value.get(), policy);
  if (policy.up_to < policy.delay)
    report.error(
        restart->place, "stability.restart",
        {"up_to (" + written(policy.up_to) + ") is less than delay (" + written(policy.delay) + ")", {}});
}

void settle_bounds(const Node& tree, model::StackSpec& stack, Report& report) {
  if (stack.services.size() > most_services) return;
  settle_stop_within(tree, stack, report);
  compare_start_within(tree, stack, report);
}

} // namespace holdfast::config
