#pragma once

#include "accounts.h"
#include "findings.h"

#include <cstdint>
#include <vector>

namespace holdfast::sim {

/// What is asked for, as commands and configuration say it. After an accepted stop nothing starts before a
/// later start.
class Goals {
public:
  void open(const model::Stack& stack);
  /// A new engine without a state knows none: what it was told before is forgotten.
  void forget(const model::Stack& stack);
  void note_event(const Step& step);
  /// The stack was given up in this step: all of it is to go down.
  void note_given_up();
  [[nodiscard]] bool asks_for(ServiceId service) const { return wanted_[service.index]; }
  [[nodiscard]] bool is_added(ServiceId service) const { return added_[service.index]; }
  void note_spawn(ServiceId service) { added_[service.index] = false; }
  void check(const Step& step, Findings& findings) const;

private:
  void note_command(const Step& step, const model::CommandAsked& asked);
  void note_change(const Step& step);
  void start(const model::Stack& stack, ServiceId service);
  void start_all(const model::Stack& stack);
  void stop_all();

  std::vector<bool> wanted_;
  std::vector<bool> added_; ///< by a reload, not started since
  std::vector<bool> enabled_;
  std::vector<bool> removed_;
  std::vector<ServiceId> closure_;
  bool shutdown_ = false;
  bool up_ = false;
  bool told_ = false; ///< anything
};

} // namespace holdfast::sim
