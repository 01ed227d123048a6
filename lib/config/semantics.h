#pragma once
// What the keys mean together. These checks run after those of each key and say nothing again about a value
// that was refused there.

#include "config/load.h"
#include "config/preset.h"
#include "config/report.h"
#include "config/tree.h"

namespace holdfast::config {

/// Resolves needs to ServiceIds: unknown ones, hard ones on a disabled service, cycles (each with its path).
/// Returns whether `stack` has needs without a cycle.
bool resolve_needs(const Node& tree, const PresetLibrary& presets, model::StackSpec& stack, Report& report);

/// What a service must have, and keys that contradict each other.
void check_services(const Expanded& expanded, const model::StackSpec& stack, const LoadOptions& options,
                    Report& report);

/// Fills in stop_within, or compares it with the longest chain of stop ladders. Precondition: no cycle.
void settle_stop_within(const Node& tree, model::StackSpec& stack, Report& report);

/// What this machine lacks: users, groups, programs, files of environments. Places are those of the keys that
/// name them.
void look_at_machine(const Node& tree, bool root, Report& report);

} // namespace holdfast::config
