// What of limits can be shown without controllers; the rest is tests/vm/cases/limits.
#include "engine/limits.h"
#include "engine/memory_pressure.h"
#include "engine/premises.h"

#include "linux/processes.h"
#include "support/catch.h"
#include "support/has.h"
#include "support/scratch.h"

#include <filesystem>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

model::StackSpec stack_in(const std::string& directory) {
  model::StackSpec spec;
  spec.name = "test";
  spec.runtime = directory + "/run";
  spec.state = directory + "/state";
  spec.log_directory = directory + "/log";
  for (const char* name : {"a", "b"})
    spec.services.emplace_back().name = name;
  return spec;
}

Tree bare_tree(const TestCgroup& cgroup) {
  std::vector<std::string> found;
  auto tree =
      Tree::make({.base = cgroup.path(), .stack = "test", .services = {"a", "b"}, .supervisors = {}}, found);
  REQUIRE(tree);
  return std::move(tree).value();
}

} // namespace

TEST_CASE("limits: what cannot be enforced is told with the limits, the controllers and the reason") {
  const TestCgroup cgroup;
  const Tree tree = bare_tree(cgroup);
  if (!tree.controllers().empty()) return; // a machine where they can be had
  model::StackSpec spec = stack_in("/nowhere");
  CHECK(unenforceable(tree, spec).empty());
  spec.services[0].group_limits = {.memory = 1ULL << 30, .tasks = 10};
  spec.group_limits.cpu = 1000;
  const std::string told = unenforceable(tree, spec);
  CHECK(has(told,
            "limits cannot be enforced: cpu of the stack, memory of a, tasks of a; no cgroup controller "));
  CHECK(has(told, ": " + tree.why_missing(linux_os::Controller::memory)));
  CHECK_FALSE(has(told, " io"));
  spec.services[0].removed = true;
  CHECK_FALSE(has(unenforceable(tree, spec), "of a"));
  // Where nothing can be written nothing is refused: it was told once.
  CHECK(write(tree, all_limits(tree, spec)).empty());
}

TEST_CASE("limits: required ones that cannot be had refuse the start and leave nothing") {
  const TestCgroup cgroup;
  const Scratch scratch;
  // A scratch directory is closed to others, which is told.
  std::filesystem::permissions(scratch.path(), std::filesystem::perms(0755));
  const bool can_be_had = !bare_tree(cgroup).controllers().empty();
  if (can_be_had) return;
  model::StackSpec spec = stack_in(scratch.path());
  spec.services[1].group_limits.memory = 1ULL << 30;
  spec.enforce_limits = model::EnforceLimits::required;
  const std::string base = cgroup / "base";
  Child daemon([&] {
    if (!linux_os::move_into(cgroup.path(), ::getpid())) return 1;
    const auto refused = enter_premises(spec, base, ::getpid());
    if (refused || !has(refused.error().what, "memory of b")) return 2;
    if (std::filesystem::exists(base)) return 3;
    spec.enforce_limits = model::EnforceLimits::when_available;
    const auto entered = enter_premises(spec, base, ::getpid());
    if (!entered || entered.value().found.size() != 1) return 4;
    return entered.value().tree.remove() ? 0 : 5;
  });
  CHECK(WEXITSTATUS(daemon.wait()) == 0);
}

TEST_CASE("limits: a change is written to whom it is about") {
  const TestCgroup cgroup;
  const Tree tree = bare_tree(cgroup);
  const model::StackSpec before = stack_in("/nowhere");
  CHECK(changed_limits(tree, before, before).empty());
  model::StackSpec now = before;
  now.services[1].group_limits.tasks = 10;
  const auto one = changed_limits(tree, before, now);
  REQUIRE(one.size() == 1);
  CHECK(one.front().first == tree.service("b"));
  CHECK(one.front().second.tasks == 10U);
  now.group_limits.cpu = 500;
  now.services[1].removed = true;
  now.services.emplace_back().name = "c";
  const auto two = changed_limits(tree, before, now);
  REQUIRE(two.size() == 2);
  CHECK(two[0].first == tree.stack());
  CHECK(two[1].first == tree.service("c"));
  // The stack's, those of a and c, and the observer's.
  CHECK(all_limits(tree, now).size() == 4);
}

TEST_CASE("limits: what asks network peers has some of its own, which nobody can ask to be required") {
  const TestCgroup cgroup;
  const Tree tree = bare_tree(cgroup);
  const auto orders = all_limits(tree, stack_in("/nowhere"));
  REQUIRE(orders.back().first == tree.observer());
  CHECK(orders.back().second.memory == 256ULL << 20);
  CHECK(orders.back().second.swap == 0U);
  CHECK(orders.back().second.tasks == 128U);
  CHECK(unenforceable(tree, stack_in("/nowhere")).empty());
}

TEST_CASE("memory pressure: above memory_high and stalled for it") {
  const MemorySample calm{.current = 50, .throttled = 3, .stalled = 0};
  const auto after = [&](MemorySample now) { return is_short(calm, now, 100); };
  CHECK(after({.current = 100, .throttled = 3, .stalled = 10}));
  CHECK(after({.current = 90, .throttled = 4, .stalled = 55}));
  CHECK_FALSE(after({.current = 90, .throttled = 3, .stalled = 55}));
  CHECK_FALSE(after({.current = 120, .throttled = 9, .stalled = 9.9}));
}
