#pragma once

#include "escalation_rules.h"
#include "model/why.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::sim {

/// What can be taken in steps but is no transition of one service's phase.
enum class Rung : std::uint8_t {
  charged_restart,
  budget_spent,
  stack_restart,
  given_up_hopeless,
  given_up_budget,
  start_bound,
  recover_bound,
  given_up_stop,
  given_up_hold,
  killed,
  outlived_its_kill,
  engine_returned,
  engine_without_state,
  state_refused,
  rung_lost,
  ready_found,
  number_found,
};
constexpr std::size_t rungs = static_cast<std::size_t>(Rung::number_found) + 1;

/// How often each transition of the phase table and each rung was taken.
class Coverage {
public:
  void note(model::PhaseName from, model::PhaseName to) { ++transitions_[raw(from)][raw(to)]; }
  void note(Rung rung) { ++rungs_[static_cast<std::size_t>(rung)]; }
  void add(const Coverage& other);
  [[nodiscard]] static bool is_legal(model::PhaseName from, model::PhaseName to);
  /// A line for each that can be taken and was not.
  [[nodiscard]] std::vector<std::string> never_taken() const;
  /// The whole table, for people.
  [[nodiscard]] std::string table() const;

private:
  static constexpr std::size_t phases = 9;
  [[nodiscard]] static std::size_t raw(model::PhaseName phase) { return static_cast<std::size_t>(phase); }

  std::array<std::array<std::uint64_t, phases>, phases> transitions_{};
  std::array<std::uint64_t, rungs> rungs_{};
};

} // namespace holdfast::sim
