#pragma once
// What the keys mean together. These checks run after those of each key and say nothing again about a value
// that was refused there.

#include "config/load.h"
#include "config/machine.h"
#include "config/preset.h"
#include "config/report.h"
#include "config/tree.h"

#include <string>
#include <vector>

namespace holdfast::config {

/// Resolves needs to ServiceIds: unknown ones, hard ones on a disabled service, cycles (each with its path).
/// Returns whether `stack` has needs without a cycle.
bool resolve_needs(const Node& tree, const PresetLibrary& presets, model::StackSpec& stack, Report& report);

/// What a service must have, and keys that contradict each other.
void check_services(const Expanded& expanded, const model::StackSpec& stack, const LoadOptions& options,
                    Report& report);

/// What a service that lives elsewhere must have, and what it cannot have.
void check_external(const Entry& service, Report& report);

/// What `persistence.volumes` says of each volume: where it is, what its source is, its marker.
void check_volumes(const Node& tree, Report& report);

/// Volumes that are not right, and settings that the machine does not have, as far as there is somebody to
/// ask.
void look_at_conditions(const Node& tree, const model::StackSpec& stack, const MachineQuestions& machine,
                        Report& report);

/// Makes the conditions of `volumes` and `host`: unknown volumes, those named twice, settings that are none.
void resolve_conditions(const Node& tree, model::StackSpec& stack, Report& report);

/// A live probe that asks another service: the service would be restarted for what is not its own fault.
/// Known are the program by which another one shows that it is ready, the address of an external one, and the
/// parameter `port` of a preset where the program is asked for it (HOST:PORT, -p PORT, --port PORT).
void check_live_targets(const Expanded& expanded, Report& report);

/// What a section of limits says of a cgroup; `read` is what was read of it.
void check_limits(const Node* section, const model::GroupLimits& read, const std::string& path,
                  Report& report);

/// What `stability` says, but for what the services have to do with it.
void check_stability(const Node& tree, Report& report);

/// When log files are put aside.
void check_logging(const Node& tree, const model::StackSpec& stack, Report& report);

/// What `log.files` of each service says: files of its own and of nobody else, which are not ours already,
/// and a signal that a program can take.
void check_log_files(const Node& tree, const model::StackSpec& stack, Report& report);

/// Fills in stop_within, or compares it with the longest chain of stop ladders; compares start_within with
/// that of each service. Precondition: no cycle.
void settle_bounds(const Node& tree, model::StackSpec& stack, Report& report);

/// Two services that would listen on the same address.
void check_listens(const Node& tree, Report& report);

/// What `sockets` of each service says: addresses that can be bound to, names that are told apart, no more
/// than can be held.
void check_sockets(const Node& tree, Report& report);

/// An address at which a service says that it is, under `listens` or in one of its `sockets`.
struct Listening {
  std::string service;
  std::string path; ///< of the key
  const Node* address = nullptr;
};
/// Of all that are started, in the order of the file.
[[nodiscard]] std::vector<Listening> listenings(const Node& tree);
/// Of one service.
[[nodiscard]] std::vector<Listening> listenings(const Entry& service);

/// What on this machine is in the way of a service: others that listen where it is to, and units of systemd
/// that it replaces.
void look_for_rivals(const Node& tree, const MachineQuestions& machine, Report& report);

/// The service says `enabled: false`: it starts nothing and is in nobody's way.
[[nodiscard]] bool is_disabled(const Node& service);

/// What this machine lacks: users, groups, programs, files of environments. Places are those of the keys that
/// name them. Where we are root, the observer's user too, at the first that asks a network peer.
void look_at_machine(const Node& tree, const LoadOptions& options, Report& report);

} // namespace holdfast::config
