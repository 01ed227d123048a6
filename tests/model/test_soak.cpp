// Random stacks on a machine with faults and under a careless operator. World checks the invariants after
// each step; here: once the faults cease, everything comes to rest, and then to what it is meant to be.
#include "imperfect.h"
#include "support/catch.h"
#include "world.h"

#include <algorithm>

using namespace holdfast;
using namespace holdfast::model;
using namespace holdfast::model::test;

namespace {

Probe random_ready(Dice& dice) {
  Probe probe;
  switch (dice.below(4)) {
  case 0: return running_for(0s);
  case 1: return running_for(2s);
  case 2: return notify();
  default:
    probe = exec_probe();
    probe.every = 10s;
    return probe;
  }
}

std::vector<Need> random_needs(Dice& dice, std::uint32_t below) {
  std::vector<Need> needs;
  for (std::uint32_t on = 0; on < below; ++on) {
    if (!dice.percent(30)) continue;
    const bool soft = dice.percent(25);
    needs.push_back({.on = {on}, .restart = !soft && dice.percent(30), .soft = soft});
  }
  return needs;
}

ServiceSpec random_service(Dice& dice, std::uint32_t index) {
  ServiceSpec service;
  service.name = "s" + std::to_string(index);
  service.needs = random_needs(dice, index);
  service.critical = dice.percent(60);
  if (dice.percent(10)) service.task = TaskRun::before_start;
  service.ready = random_ready(dice);
  if (dice.percent(30)) service.progress = exec_probe();
  service.progress_up_to = 2min;
  if (dice.percent(30))
    service.live = LiveProbe{exec_probe(), dice.percent(70) ? LiveAction::restart : LiveAction::alert};
  service.start_within = 20s;
  service.unready_within = 20s;
  service.stop = {signal_rung(15, 5s)};
  if (dice.percent(40)) service.stop.push_back({.signal = 3, .to_all = true, .exec = {}, .wait = 3s});
  if (dice.percent(30)) service.program.requirements = {{.file = "/x", .owner = {}}};
  service.restart = {.up_to = 20s, .settled = 10s, .budget = 3, .window = 5min};
  if (service.task) service.restart.when = RestartWhen::never;
  return service;
}

StackSpec random_stack(Dice& dice) {
  StackSpec stack;
  const auto size = static_cast<std::uint32_t>(1 + dice.below(12));
  for (std::uint32_t i = 0; i < size; ++i)
    stack.services.push_back(random_service(dice, i));
  // Needs point to earlier places so far; no rule may depend on that.
  const auto mirrored = [size](ServiceId id) { return ServiceId{size - 1 - id.index}; };
  if (dice.percent(50)) {
    std::reverse(stack.services.begin(), stack.services.end());
    for (ServiceSpec& service : stack.services)
      for (Need& need : service.needs)
        need.on = mirrored(need.on);
  }
  stack.when_broken = WhenBroken::hold;
  stack.start_at_once = static_cast<unsigned>(1 + dice.below(3));
  stack.stop_within = longest_stop(stack) + 10s;
  return stack;
}

void careless_operator(World& world, Dice& dice) {
  Lines names;
  if (dice.percent(85))
    names.push_back(world.stack().spec({static_cast<std::uint32_t>(dice.below(world.stack().size()))}).name);
  switch (dice.below(3)) {
  case 0: return world.start(names);
  case 1: return world.stop(names);
  default: return world.restart(names);
  }
}

Duration tick(Dice& dice) {
  switch (dice.below(4)) {
  case 0: return dice.up_to(10ms);
  case 1: return dice.up_to(200ms);
  case 2: return dice.up_to(2s);
  default: return dice.up_to(15s);
  }
}

void calm(World& world, ImperfectMachine& machine, Duration span) {
  const MonoTime end = world.now().mono + span;
  while (world.now().mono < end) {
    world.pass(500ms);
    machine.tell();
  }
}

void check_at_rest(const World& world) {
  for (const ServiceSpec& spec : world.stack().spec().services) {
    const Service& service = world.service(spec.name);
    INFO(spec.name << " is " << world.phase(spec.name) << ": " << world.why(spec.name));
    const auto* waiting = std::get_if<Waiting>(&service.phase);
    const PhaseName phase = name_of(service.phase);
    const bool up = phase == PhaseName::ready || phase == PhaseName::done;
    const bool held = phase == PhaseName::failed || (waiting != nullptr && waiting->held);
    CHECK((service.wanted ? up || held : phase == PhaseName::down));
  }
  CHECK_FALSE(world.stack().coming());
}

/// All that was asked and told, in order.
Lines soak(std::uint64_t seed) {
  Dice dice(seed);
  World world(random_stack(dice));
  ImperfectMachine machine(world, dice);
  world.boot();
  for (int turn = 0; turn < 250; ++turn) {
    world.draw(dice.below(~0ULL));
    world.pass(tick(dice));
    machine.tell();
    if (dice.percent(8)) machine.kill_one();
    if (dice.percent(4)) careless_operator(world, dice);
    if (dice.percent(1)) world.step_wall_clock(dice.percent(50) ? 1h : -1h);
  }
  machine.end_faults();
  calm(world, machine, 8min);
  check_at_rest(world);

  world.start();
  calm(world, machine, 4min);
  CHECK(world.verdict() == "working");

  world.shut_down();
  calm(world, machine, world.stack().spec().stop_within);
  CHECK(world.verdict() == "stopped");
  Lines lines = world.asked();
  CHECK(std::count(lines.begin(), lines.end(), "end 0") == 1);
  for (std::string& line : world.told())
    lines.push_back(std::move(line));
  return lines;
}

} // namespace

TEST_CASE("soak: faults, commands, then rest, then working, then down") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    soak(seed);
  }
}

TEST_CASE("soak: the same seed gives the same trace") {
  CHECK(soak(4711) == soak(4711));
}
