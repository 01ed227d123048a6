#include "engine/limits.h"

#include "linux/group_limits.h"

#include <algorithm>
#include <map>

namespace holdfast::engine {
namespace {

using linux_os::Controller;
using linux_os::Controllers;

/// Enough to see what is meant; `plan` and the configuration have them all.
constexpr std::size_t most_named = 6;

class Lack {
public:
  explicit Lack(const Tree& tree) : tree_(tree) {}

  void look_at(const std::string& owner, const model::GroupLimits& limits) {
    const auto note = [&](bool is_set, const char* name, Controller controller) {
      if (!is_set || tree_.controllers().contains(controller)) return;
      limits_.push_back(std::string(name) + " of " + owner);
      missing_.insert(controller);
    };
    note(limits.memory.has_value(), "memory", Controller::memory);
    note(limits.memory_high.has_value(), "memory_high", Controller::memory);
    note(limits.swap.has_value(), "swap", Controller::memory);
    note(limits.cpu.has_value(), "cpu", Controller::cpu);
    note(limits.cpu_weight.has_value(), "cpu_weight", Controller::cpu);
    note(limits.io_weight.has_value(), "io_weight", Controller::io);
    note(limits.tasks.has_value(), "tasks", Controller::pids);
  }

  [[nodiscard]] std::string text() const {
    if (limits_.empty()) return {};
    std::string text = "limits cannot be enforced: ";
    for (std::size_t i = 0; i < std::min(limits_.size(), most_named); ++i)
      text += (i == 0 ? "" : ", ") + limits_[i];
    if (limits_.size() > most_named) text += ", and " + std::to_string(limits_.size() - most_named) + " more";
    for (const auto& [reason, controllers] : reasons())
      text += "; no cgroup controller " + controllers + ": " + reason;
    return text;
  }

private:
  /// What is missing for one reason is told together.
  [[nodiscard]] std::map<std::string, std::string> reasons() const {
    std::map<std::string, std::string> all;
    for (const Controller controller : missing_) {
      std::string& controllers = all[tree_.why_missing(controller)];
      controllers += (controllers.empty() ? "" : ", ") + std::string(name_of(controller));
    }
    return all;
  }

  const Tree& tree_;
  std::vector<std::string> limits_;
  Controllers missing_;
};

const model::ServiceSpec* same_in(const model::StackSpec& spec, std::size_t place) {
  return place < spec.services.size() && !spec.services[place].removed ? &spec.services[place] : nullptr;
}

} // namespace

std::string unenforceable(const Tree& tree, const model::StackSpec& spec) {
  Lack lack(tree);
  lack.look_at("the stack", spec.group_limits);
  for (const model::ServiceSpec& service : spec.services)
    if (!service.removed) lack.look_at(service.name, service.group_limits);
  return lack.text();
}

model::GroupLimits observer_limits() {
  // Measured: 9 MB idle, 46 MB for twenty peers that send all that it takes (1 MB each), 315 MB for 256. Each
  // name that is looked for has a thread, 64 at once.
  return {.memory = 256ULL << 20, .swap = 0, .tasks = 128};
}

LimitOrders all_limits(const Tree& tree, const model::StackSpec& spec) {
  LimitOrders orders{{tree.stack(), spec.group_limits}};
  for (const model::ServiceSpec& service : spec.services)
    if (!service.removed) orders.emplace_back(tree.service(service.name), service.group_limits);
  orders.emplace_back(tree.observer(), observer_limits());
  return orders;
}

LimitOrders changed_limits(const Tree& tree, const model::StackSpec& before, const model::StackSpec& now) {
  LimitOrders orders;
  if (before.group_limits != now.group_limits) orders.emplace_back(tree.stack(), now.group_limits);
  for (std::size_t i = 0; i < now.services.size(); ++i) {
    const model::ServiceSpec& service = now.services[i];
    const model::ServiceSpec* was = same_in(before, i);
    if (!service.removed && (was == nullptr || was->group_limits != service.group_limits))
      orders.emplace_back(tree.service(service.name), service.group_limits);
  }
  return orders;
}

std::vector<std::string> write(const Tree& tree, const LimitOrders& orders) {
  std::vector<std::string> refused;
  for (const auto& [cgroup, limits] : orders)
    for (const Error& error : linux_os::write_limits(cgroup, limits, tree.controllers()))
      refused.push_back("a limit is not in force: " + error.what);
  return refused;
}

} // namespace holdfast::engine
