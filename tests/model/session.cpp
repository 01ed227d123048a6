#include "session.h"

namespace holdfast::model::test {

using namespace std::chrono_literals;

StackSpec varied_stack() {
  StackSpec stack = stack_of("db; cache; init: db; web: db! cache? init; (worker): db web!; setup");
  stack.start_at_once = 2;
  stack.conditions = {{ConditionKind::volume, "data"}, {ConditionKind::certificate, "site"}};
  in(stack, "db").ready = exec_probe();
  in(stack, "db").progress = exec_probe();
  in(stack, "db").conditions = {{0}};
  in(stack, "db").stop = {signal_rung(2, 5s),
                          {.signal = 0, .to_all = false, .exec = {"/bin/stop"}, .wait = 3s}};
  in(stack, "web").live = LiveProbe{exec_probe(), LiveAction::restart};
  in(stack, "web").conditions = {{1}};
  in(stack, "web").program.requirements = {{.file = "/etc/web", .owner = "root"}};
  in(stack, "cache").ready = notify();
  in(stack, "worker").live = LiveProbe{exec_probe(), LiveAction::alert};
  in(stack, "worker").reload = ReloadSpec{.signal = 1, .exec = {}, .files = {"/etc/worker"}};
  in(stack, "init").task = TaskRun::before_start;
  in(stack, "setup").task = TaskRun::once;
  stack.stop_within = longest_stop(stack) + 10s;
  return stack;
}

Session::Session(std::uint64_t seed) : dice_(seed), world_(varied_stack()), machine_(world_, dice_) {}

void Session::operate() {
  const Lines names = {
      world_.stack().spec({static_cast<std::uint32_t>(dice_.below(world_.stack().size()))}).name};
  switch (dice_.below(8)) {
  case 0: return world_.start();
  case 1: return world_.start(names);
  case 2: return world_.stop(names);
  case 3: return world_.restart(names);
  case 4: return world_.play(world_.command(Verb::task, {"setup"}));
  case 5: return world_.play(PressureSeen{dice_.percent(50)});
  case 6: return world_.play(DoorAsked{dice_.percent(50), "root"});
  default: return world_.play(ConditionSeen{{0}, dice_.percent(50), "no such device"});
  }
}

void Session::live(int turns, const std::function<void()>& after_turn) {
  world_.boot();
  for (const std::uint32_t condition : {0U, 1U})
    world_.play(ConditionSeen{{condition}, true, {}});
  for (int turn = 0; turn < turns; ++turn) {
    world_.draw(dice_.below(~0ULL));
    world_.pass(dice_.up_to(dice_.percent(50) ? Duration(500ms) : Duration(10s)));
    machine_.tell();
    if (dice_.percent(8)) machine_.kill_one();
    if (dice_.percent(10)) operate();
    after_turn();
  }
  world_.shut_down();
  after_turn();
}

} // namespace holdfast::model::test
