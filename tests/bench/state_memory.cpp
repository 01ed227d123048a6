// What it costs to save a step in a working stack of 100, 1000 and 4000 services with five needs each: a step
// that changes one service, with the state of the stack that goes with it; then everything, and the way back.
// The first figure is to be alike whatever the size. Asserts nothing.
#include "engine/state_memory.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace holdfast;
using namespace holdfast::model;
using engine::StateMemory;

namespace {

using Clock = std::chrono::steady_clock;
using Random = std::mt19937_64;

constexpr std::uint32_t needs_each = 5;
constexpr int batches = 100;
constexpr int rounds = 500; ///< a batch

StackSpec random_stack(std::uint32_t size, Random& random) {
  StackSpec stack;
  stack.start_at_once = size;
  for (std::uint32_t i = 0; i < size; ++i) {
    ServiceSpec service;
    service.name = "s" + std::to_string(i);
    service.ready.running = 0s;
    for (std::uint32_t need = 0; need < std::min(needs_each, i); ++need)
      service.needs.push_back({.on = {static_cast<std::uint32_t>(random() % i)}});
    stack.services.push_back(std::move(service));
  }
  stack.stop_within = longest_stop(stack);
  return stack;
}

Stack working_stack(std::uint32_t size, Random& random) {
  Stack stack(std::make_shared<const StackSpec>(random_stack(size, random)), Now{});
  Actions actions;
  step(stack, StackStarted{}, Now{}, actions);
  while (stack.verdict() != Verdict::working) {
    const Actions asked = std::exchange(actions, {});
    for (const Action& action : asked)
      if (const auto* spawn = std::get_if<Spawn>(&action))
        step(stack, SpawnSucceeded{spawn->service, spawn->run, 1}, Now{}, actions);
  }
  return stack;
}

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "%s\n", error.what.c_str());
  std::exit(1);
}

double ns_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
}

/// A step that changes one service, and the time that it takes to save it.
double save_one(StateMemory& memory, Stack& stack, ServiceId id, std::uint64_t number) {
  ServiceNotified said;
  said.service = id;
  said.run = stack.service(id).last_run;
  said.status = "accepting connections, " + std::to_string(number);
  Actions actions;
  static Changed changed;
  step(stack, said, Now{}, actions);
  const auto begin = Clock::now();
  stack.take_changed(changed);
  if (auto saved = memory.save(stack, changed); !saved) give_up(saved.error());
  return ns_since(begin);
}

void measure(std::uint32_t size) {
  Random random(size);
  Stack stack = working_stack(size, random);
  auto memory = StateMemory::make();
  if (!memory) give_up(memory.error());
  auto begin = Clock::now();
  if (auto saved = memory.value().save(stack, {}); !saved) give_up(saved.error());
  const double all = ns_since(begin);

  // The median of batches, since the machine has other things to do too.
  std::vector<double> found;
  for (int batch = 0; batch < batches; ++batch) {
    double spent = 0;
    for (int i = 0; i < rounds; ++i)
      spent +=
          save_one(memory.value(), stack, {static_cast<std::uint32_t>(random() % size)}, random() % 1000);
    found.push_back(spent / rounds);
  }
  std::nth_element(found.begin(), found.begin() + batches / 2, found.end());

  begin = Clock::now();
  const auto loaded = memory.value().load();
  if (!loaded) give_up(loaded.error());
  std::printf(
      "%5u services: one changed %5.0f ns; all of them for the first time %6.2f ms, loaded %6.2f ms\n", size,
      found[batches / 2], all / 1e6, ns_since(begin) / 1e6);
}

} // namespace

int main() {
  for (const std::uint32_t size : {100U, 1000U, 4000U})
    measure(size);
}
