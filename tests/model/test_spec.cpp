#include "model/spec.h"
#include "stack_of.h"
#include "support/catch.h"

#include <algorithm>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

/// n services, each needing the one before.
StackSpec chain(std::uint32_t n) {
  StackSpec stack;
  for (std::uint32_t i = 0; i < n; ++i) {
    ServiceSpec service;
    if (i > 0) service.needs.push_back({.on = {i - 1}, .restart = false, .soft = false});
    stack.services.push_back(service);
  }
  return stack;
}

} // namespace

TEST_CASE("longest_stop: of one, all its waits, its leftovers and the grace after the kill") {
  ServiceSpec service;
  service.stop = {signal_rung(2, 60s), signal_rung(3, 10s)};
  service.leftovers = 4s;
  CHECK(longest_stop(service) == 60s + 10s + 4s + kill_grace);
}

TEST_CASE("longest_stop: of a stack, its longest chain") {
  StackSpec stack = stack_of("db; cache; web: db cache; proxy: web; lone");
  const Duration each = 10s + 1s + kill_grace;
  CHECK(longest_stop(stack) == 3 * each);
  in(stack, "cache").stop = {signal_rung(15, 50s)};
  CHECK(longest_stop(stack) == 3 * each + 40s);
  in(stack, "lone").stop = {signal_rung(15, 1h)};
  CHECK(longest_stop(stack) == 1h + 1s + kill_grace);
  CHECK(longest_stop(StackSpec{}) == 0s);
}

TEST_CASE("find_cycle: none in a diamond") {
  CHECK(find_cycle(stack_of("a; b: a; c: a; d: b c a")).empty());
}

TEST_CASE("find_cycle: each needs the next, the last the first") {
  StackSpec stack = stack_of("a; b: a; c: b; d: c; e: d");
  in(stack, "b").needs.push_back({.on = {3}, .restart = false, .soft = false});
  const auto cycle = find_cycle(stack);
  REQUIRE(cycle.size() == 3);
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const auto& needs = stack.services[cycle[i].index].needs;
    const ServiceId next = cycle[(i + 1) % cycle.size()];
    CHECK(std::any_of(needs.begin(), needs.end(), [&](const Need& need) { return need.on == next; }));
  }
}

TEST_CASE("find_cycle: one that needs itself") {
  StackSpec stack = stack_of("a; b");
  in(stack, "b").needs.push_back({.on = {1}, .restart = false, .soft = false});
  CHECK(find_cycle(stack) == std::vector<ServiceId>{{1}});
}

TEST_CASE("find_cycle and longest_stop: a chain as long as there are services costs no stack") {
  StackSpec stack = chain(200'000);
  CHECK(find_cycle(stack).empty());
  CHECK(longest_stop(stack) == 200'000 * longest_stop(stack.services.front()));
  stack.services.front().needs.push_back({.on = {199'999}, .restart = false, .soft = false});
  CHECK(find_cycle(stack).size() == 200'000);
}

TEST_CASE("probe_of: each of a service's probes by its role") {
  ServiceSpec service;
  service.progress.emplace();
  service.live.emplace();
  CHECK(&probe_of(service, ProbeRole::ready) == &service.ready);
  CHECK(&probe_of(service, ProbeRole::progress) == &*service.progress);
  CHECK(&probe_of(service, ProbeRole::live) == &service.live->probe);
}
