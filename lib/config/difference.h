#pragma once
// What a reload changes, in the operator's words: key by key what is another, and what is done about it.

#include "config/load.h"
#include "wire/plan_view.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::config {

/// What comes of a change, for a service or for the stack.
enum class Effect : std::uint8_t {
  nothing, ///< it is written in other words, or is about what does not run
  live,    ///< it counts from now on
  reload,  ///< the service reads its files anew
  restart,
  start,
  stop,
  daemon_restart ///< not applied: it counts when the daemon is started again
};
[[nodiscard]] std::string_view word(Effect effect);

/// By service: files named under its `reload` that changed since it was started.
using ChangedFiles = std::map<std::string, std::vector<std::string>, std::less<>>;

/// What leads from `now` to `next`: the stack first, then each service that is touched, in the order of
/// `next`, with those that it leaves out behind them. Precondition: both were accepted.
[[nodiscard]] std::vector<wire::PlannedChange> difference(const Loaded& now, const Loaded& next,
                                                          const ChangedFiles& files);

/// What a daemon that is started with it does: each service that it starts.
[[nodiscard]] std::vector<wire::PlannedChange> starts(const Loaded& next);

/// Mistakes and changes as the control socket carries them; so much of both as a line of it holds.
[[nodiscard]] wire::PlanView plan_view(const std::string& config, const Loaded& next,
                                       std::vector<wire::PlannedChange> changes);

} // namespace holdfast::config
