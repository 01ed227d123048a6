#pragma once
// What the program of one run is going to do, drawn when it is spawned.

#include "decisions.h"
#include "model/spec.h"
#include "model/why.h"

#include <cstdint>
#include <optional>

namespace holdfast::sim {

struct Will {
  // the launch
  Duration launch{};    ///< from the request to the answer
  int launch_error = 0; ///< errno
  bool refused = false; ///< what it requires went away meanwhile
  // its life, from its birth
  std::optional<Duration> answers_after; ///< none: never
  Duration recovers_for{};               ///< `progress` succeeds for so long
  std::optional<Duration> dies_after;    ///< of itself
  model::ExitStatus dies_with;
  std::optional<Duration> says_stopping_after;
  std::optional<Duration> asks_for_time_after;
  // its end
  unsigned ignores = 0; ///< so many signals
  Duration obeys_after{};
  bool has_children = false;
  Duration children_linger{};        ///< after the main process is gone
  bool heeds_to_all = true;          ///< its children die of a signal to all
  std::optional<Duration> stuck_for; ///< survives its kill for so long
};

[[nodiscard]] Will draw_will(Decisions& decisions, const model::ServiceSpec& spec, std::uint32_t service,
                             std::uint64_t run);

} // namespace holdfast::sim
