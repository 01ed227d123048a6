#pragma once
// A busy stack in which one thing happens to the engine, and the judgement afterwards.

#include "chaos/busy_services.h"
#include "chaos/commander.h"
#include "chaos/invariants.h"

#include <functional>
#include <optional>
#include <string>

namespace holdfast::test {

class JudgedStack {
public:
  /// Waits until it works. `engine`: as ChaosStack has it. `before` is called when its place is there.
  explicit JudgedStack(const std::string& engine = "",
                       const std::function<void(const ChaosPlace&)>& before = {});

  [[nodiscard]] const ChaosPlace& place() const { return place_; }
  [[nodiscard]] ChaosStack& stack() { return *stack_; }
  [[nodiscard]] const EngineWatch& watch() const { return stack_->watch(); }

  /// Each deed of BusyServices, one after the other. Throws where one fails.
  void do_each();
  /// Throws where the stack does not come to rest as it was, or anybody noticed anything.
  void judge();
  /// Stops it in order, judges its logs, and looks whether anything is left. Empty where all is well.
  [[nodiscard]] std::string end();

private:
  ChaosPlace place_;
  BusyServices services_;
  std::optional<ChaosStack> stack_;
  std::optional<Invariants> invariants_;
  std::optional<Commander> commander_;
};

} // namespace holdfast::test
