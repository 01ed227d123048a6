#pragma once
// A stack to which things happen at random, all that changes its parts and their sizes: for what saves it.

#include "model/merge.h"
#include "model/saved_parts.h"
#include "model/stack.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace holdfast::test {

[[nodiscard]] inline std::string bytes_of(const model::Stack& stack) {
  model::PartWriter bytes;
  static_cast<void>(model::parts_of(stack, bytes));
  return std::string(bytes.bytes());
}

/// `size` services, each of which needs the one before it.
[[nodiscard]] inline model::StackSpec chain_of(std::uint32_t size) {
  model::StackSpec spec;
  spec.name = "restless";
  spec.conditions = {{model::ConditionKind::volume, "data"}};
  for (std::uint32_t i = 0; i < size; ++i) {
    model::ServiceSpec service;
    service.name = "s" + std::to_string(i);
    service.ready.running = Duration{};
    if (i > 0) service.needs = {{.on = {i - 1}}};
    service.conditions = {{0}};
    spec.services.push_back(std::move(service));
  }
  spec.stop_within = model::longest_stop(spec);
  return spec;
}

class RestlessStack {
public:
  RestlessStack(std::uint32_t services, std::uint64_t seed)
      : random_(seed), now_{MonoTime(std::chrono::hours(1)), WallTime(std::chrono::hours(9)), 1},
        stack_(std::make_shared<const model::StackSpec>(chain_of(services)), now_) {}
  /// Goes on from a stack that was loaded.
  RestlessStack(model::Stack stack, std::uint64_t seed)
      : random_(seed), now_{MonoTime(std::chrono::hours(2)), WallTime(std::chrono::hours(10)), 1},
        stack_(std::move(stack)) {}

  [[nodiscard]] const model::Stack& stack() const { return stack_; }
  /// One step. What it changed.
  const model::Changed& happen() {
    now_.mono += std::chrono::milliseconds(below(2000));
    now_.draw = random_();
    model::Actions actions;
    model::step(stack_, event(), now_, actions);
    stack_.take_changed(changed_);
    return changed_;
  }

private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string text() { return std::string(below(8) == 0 ? below(2000) : below(20), 'x'); }

  model::Event event() {
    const ServiceId id{static_cast<std::uint32_t>(below(stack_.size()))};
    const RunNumber run = stack_.service(id).last_run;
    switch (below(12)) {
    case 0: return model::StackStarted{};
    case 1: return model::CommandAsked{model::Verb::stop, {id}, text()};
    case 2: return model::CommandAsked{model::Verb::restart, {id}, text()};
    case 3: return model::ProcessExited{id, run, {.code = 1, .signal = 0}};
    case 4: return model::LeafEmptied{id, run};
    case 5: return model::DeadlinePassed{};
    case 6: return model::ConditionSeen{{0}, below(8) != 0, text()};
    case 7: return larger();
    case 8: return said(id, run);
    default: return model::SpawnSucceeded{id, run, static_cast<int>(1 + below(1000))};
    }
  }

  model::Event said(ServiceId id, RunNumber run) {
    model::ServiceNotified event;
    event.service = id;
    event.run = run;
    event.status = text();
    return event;
  }

  /// Mostly the configuration of before; now and then one with a service more.
  model::Event larger() {
    model::StackSpec next = stack_.spec();
    if (stack_.size() < 12 && below(3) == 0) {
      next.services.push_back(next.services.back());
      next.services.back().name = "s" + std::to_string(stack_.size());
    }
    auto spec = std::make_shared<const model::StackSpec>(model::merged(stack_.spec(), next));
    return model::ConfigurationChanged{std::move(spec), {}, {}, "root"};
  }

  std::mt19937_64 random_;
  Now now_;
  model::Stack stack_;
  model::Changed changed_;
};

} // namespace holdfast::test
