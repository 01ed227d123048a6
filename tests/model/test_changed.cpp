#include "model/merge.h"
#include "model/saved_parts.h"
#include "session.h"
#include "support/catch.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;
using namespace std::chrono_literals;

namespace {

std::string saved(const Service& service) {
  PartWriter bytes;
  bytes.add(service);
  return std::string(bytes.bytes());
}

std::vector<std::string> saved_services(const Stack& stack) {
  std::vector<std::string> all;
  for (const Service& service : stack.services())
    all.push_back(saved(service));
  return all;
}

Changed taken(Stack& stack) {
  Changed changed;
  stack.take_changed(changed);
  return changed;
}

/// Services that are other than they were.
std::set<ServiceId> differences(const std::vector<std::string>& before, const Stack& stack) {
  std::set<ServiceId> found;
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    if (i >= before.size() || before[i] != saved(stack.service({i}))) found.insert({i});
  return found;
}

/// Steps, and requires that what is other is told, each once.
void step_and_compare(Stack& stack, const Event& event, const Now& now) {
  const auto before = saved_services(stack);
  const StackSpec* const spec = &stack.spec();
  Actions actions;
  step(stack, event, now, actions);
  const Changed changed = taken(stack);
  const std::set<ServiceId> told(changed.services.begin(), changed.services.end());
  CHECK(told.size() == changed.services.size());
  const auto other = differences(before, stack);
  CHECK(std::includes(told.begin(), told.end(), other.begin(), other.end()));
  CHECK(changed.spec == (&stack.spec() != spec));
}

ServiceNotified is_busy(ServiceId id) {
  ServiceNotified said;
  said.service = id;
  said.run = {1};
  said.status = "busy";
  return said;
}

/// A stack of `size` services without needs, all ready, that a probe is to be asked of.
Stack working_stack(std::uint32_t size) {
  StackSpec spec;
  spec.start_at_once = size;
  for (std::uint32_t i = 0; i < size; ++i) {
    ServiceSpec service;
    service.name = "s" + std::to_string(i);
    service.ready.running = 0s;
    service.live = LiveProbe{exec_probe(), LiveAction::restart};
    spec.services.push_back(std::move(service));
  }
  spec.stop_within = longest_stop(spec);
  Stack stack(std::make_shared<const StackSpec>(std::move(spec)), Now{});
  Actions actions;
  step(stack, StackStarted{}, Now{}, actions);
  for (std::uint32_t i = 0; i < size; ++i)
    step(stack, SpawnSucceeded{{i}, {1}, 100}, Now{}, actions);
  REQUIRE(stack.verdict() == Verdict::working);
  return stack;
}

} // namespace

TEST_CASE("changed: whatever a step makes of a service is told") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Session session(seed);
    Stack twin = session.world().stack();
    session.world().recorder = [&](const Event& event, const Now& now, const Actions&) {
      step_and_compare(twin, event, now);
    };
    session.live(100);
  }
}

TEST_CASE("changed: a reload tells all services and those that are new") {
  Stack stack = working_stack(3);
  static_cast<void>(taken(stack));
  StackSpec next = stack.spec();
  next.services.erase(next.services.begin());
  next.services.push_back(next.services.front());
  next.services.back().name = "new";
  const auto spec = std::make_shared<const StackSpec>(merged(stack.spec(), next));
  step_and_compare(stack, ConfigurationChanged{spec, {}, {}, "root"}, Now{});
  CHECK(stack.size() == 4);
  // Afterwards it is as before.
  Actions actions;
  step(stack, ProcessExited{{1}, {1}, {.code = 1}}, Now{}, actions);
  const Changed changed = taken(stack);
  CHECK(changed.services == std::vector<ServiceId>{{1}});
  CHECK_FALSE(changed.spec);
}

TEST_CASE("changed: an event of one service among many tells that one alone") {
  Stack stack = working_stack(1000);
  static_cast<void>(taken(stack));
  Actions actions;
  Now now{MonoTime(5s), {}, 0};
  step(stack, is_busy({7}), now, actions);
  CHECK(taken(stack).services == std::vector<ServiceId>{{7}});
  step(stack, ProcessExited{{500}, {1}, {.code = 1}}, now, actions);
  CHECK(taken(stack).services == std::vector<ServiceId>{{500}});
}

TEST_CASE("changed: several steps are told together until somebody asks") {
  Stack stack = working_stack(10);
  static_cast<void>(taken(stack));
  Actions actions;
  for (const std::uint32_t i : {3U, 5U, 3U})
    step(stack, is_busy({i}), Now{}, actions);
  CHECK(taken(stack).services == std::vector<ServiceId>{{3}, {5}});
  CHECK(taken(stack).services.empty());
}
