#pragma once
// The controllers of the v2 hierarchy that our limits and counters need: which a cgroup has, how they are
// passed on to those below it, and why one is missing.

#include "base/result.h"
#include "model/spec.h"

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::linux_os {

enum class Controller : std::uint8_t { cpu, io, memory, pids };
using Controllers = std::set<Controller>;
inline constexpr std::array all_controllers = {Controller::cpu, Controller::io, Controller::memory,
                                               Controller::pids};

[[nodiscard]] std::string_view name_of(Controller controller);

/// Those of ours among the words of a cgroup.controllers or cgroup.subtree_control.
[[nodiscard]] Controllers parse_controllers(std::string_view text);

/// What the cgroup has: what its parent passes on.
[[nodiscard]] Result<Controllers> controllers_of(const std::string& cgroup);

/// Passes them on to the cgroups below, all or none. No process may live in `cgroup` (EBUSY).
[[nodiscard]] Status pass_on(const std::string& cgroup, const Controllers& controllers);

/// Passes on none of ours any more, so that a process may live in `cgroup` again.
[[nodiscard]] Status pass_on_nothing(const std::string& cgroup);

/// What limits of a cgroup need.
[[nodiscard]] Controllers needed_by(const model::GroupLimits& limits);

/// Why `cgroup`, below `mount`, does not have a controller, in words for whoever runs the machine.
[[nodiscard]] std::string why_missing(Controller controller, const std::string& mount,
                                      const std::string& cgroup);

/// Whether a v1 hierarchy has the controller, by the text of /proc/cgroups (cgroups(7)).
[[nodiscard]] bool is_held_by_v1(Controller controller, std::string_view proc_cgroups);

/// Whether systemd made this cgroup for its unit to divide (Delegate=yes): it marks it by an extended
/// attribute (https://systemd.io/CGROUP_DELEGATION).
[[nodiscard]] bool is_delegated(const std::string& cgroup);

} // namespace holdfast::linux_os
