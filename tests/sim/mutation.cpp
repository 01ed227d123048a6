#include "random_spec.h"

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast::sim {
namespace {

using namespace model;

void leave_out(StackSpec& stack, std::uint32_t place) {
  stack.services.erase(stack.services.begin() + place);
  for (ServiceSpec& service : stack.services) {
    std::erase_if(service.needs, [&](const Need& need) { return need.on.index == place; });
    for (Need& need : service.needs)
      if (need.on.index > place) --need.on.index;
  }
}

void soften(StackSpec& stack, std::uint32_t place) {
  for (ServiceSpec& service : stack.services)
    for (Need& need : service.needs)
      if (need.on.index == place) need.soft = true;
}

void turn_off(StackSpec& stack, std::uint32_t place) {
  stack.services[place].enabled = false;
  soften(stack, place);
}

/// A hard need on what is off is refused by the configuration.
void turn_on(StackSpec& stack, std::uint32_t place) {
  ServiceSpec& service = stack.services[place];
  service.enabled = true;
  for (Need& need : service.needs)
    need.soft = need.soft || !starts_by_itself(stack.services[need.on.index]);
}

/// The same name with all else drawn anew.
void redo(Decisions& decisions, StackSpec& stack, std::uint32_t place, std::uint64_t salt) {
  ServiceSpec next = random_service(decisions, stack, place, salt);
  next.name = stack.services[place].name;
  stack.services[place] = std::move(next);
  if (!starts_by_itself(stack.services[place])) soften(stack, place);
}

void change_one(Decisions& decisions, StackSpec& stack, std::uint32_t place, std::uint64_t salt) {
  Draw draw = decisions.about(Topic::mutated_service, salt, place);
  if (draw.harmless()) return;
  ServiceSpec& service = stack.services[place];
  switch (draw.below(8)) {
  case 0: service.program.command = {"/bin/it", std::to_string(salt)}; return;
  case 1: return service.enabled ? turn_off(stack, place) : turn_on(stack, place);
  case 2: return redo(decisions, stack, place, salt);
  case 3:
    if (stack.services.size() > 1) leave_out(stack, place);
    return;
  case 4: service.critical = !service.critical; return;
  case 5: service.needs = random_service(decisions, stack, place, salt).needs; return;
  case 6: service.restart = random_service(decisions, stack, place, salt).restart; return;
  default: service.conditions = random_service(decisions, stack, place, salt).conditions; return;
  }
}

void change_bounds(StackSpec& stack, Draw& draw) {
  if (draw.percent(10)) stack.start_at_once = static_cast<unsigned>(1 + draw.below(3));
  if (draw.percent(10)) stack.recover_within = draw.percent(50) ? Duration{20s} : Duration{2min};
  if (draw.percent(10))
    stack.when_broken = stack.when_broken == WhenBroken::stop ? WhenBroken::hold : WhenBroken::stop;
  if (draw.percent(10))
    stack.conditions.push_back({ConditionKind::volume, "v" + std::to_string(draw.below(1000))});
}

} // namespace

StackSpec mutated(Decisions& decisions, StackSpec stack, std::uint64_t nth) {
  Draw draw = decisions.about(Topic::mutation, 0, nth);
  if (draw.harmless()) return stack;
  const std::uint64_t salt = 1000 * (nth + 1);
  change_bounds(stack, draw);
  const std::uint64_t changes = draw.below(4);
  for (std::uint64_t i = 0; i < changes; ++i)
    change_one(decisions, stack, static_cast<std::uint32_t>(draw.below(stack.services.size())), salt + i);
  if (draw.percent(40)) {
    const auto place = static_cast<std::uint32_t>(stack.services.size());
    stack.services.push_back(random_service(decisions, stack, place, salt + changes));
  }
  fill_in_bounds(stack);
  return stack;
}

} // namespace holdfast::sim
