#include "chaos/judged_stack.h"

#include "chaos/log_follower.h"
#include "stack/nothing_left.h"

#include <stdexcept>

namespace holdfast::test {
namespace {

constexpr std::uint64_t bytes_a_second = 2'000'000;

} // namespace

JudgedStack::JudgedStack(const std::string& engine, const std::function<void(const ChaosPlace&)>& before)
    : services_(place_, bytes_a_second) {
  if (before) before(place_);
  services_.configure();
  stack_.emplace(place_, engine);
  invariants_.emplace(*stack_, services_.mortal());
  commander_.emplace(stack_->running(), services_.deeds(), 0);
  stack_->wait_quiet();
  do_each();
  judge();
}

void JudgedStack::do_each() {
  commander_->do_each_once();
}

void JudgedStack::judge() {
  if (!stack_->running().events().read_available())
    throw std::runtime_error("events -f has ended: " + stack_->running().output());
  invariants_->follow_events(stack_->running().events().all());
  invariants_->look_when_quiet(commander_->asked());
}

std::string JudgedStack::end() {
  const int code = stack_->running().stop();
  std::string failures = code == 0 ? "" : "run ended with " + std::to_string(code) + "; ";
  for (const auto& log : services_.logs())
    failures += LogFollower({.service = log.service,
                             .logs = place_.logs(),
                             .records = place_.records(),
                             .timestamps = log.timestamps})
                    .end()
                    .failure();
  return failures + left_of(place_.directory());
}

} // namespace holdfast::test
