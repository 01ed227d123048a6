#pragma once
// A look at a volume, and its adoption. Everything here but changed_since() touches the volume's path and may
// wait for ever: it is called in a process of its own, never in the engine.

#include "linux/mountinfo.h"
#include "wire/volume.h"

#include <string>
#include <vector>

namespace holdfast::linux_os {

/// Whether it is the volume that is meant: what is mounted there, from which source, of which type, whether
/// it can be written to, and whose marker it has. Looks through a descriptor of the directory, so that all of
/// it is about one thing. Changes nothing; an automount is triggered.
[[nodiscard]] wire::VolumeAnswer look_at_volume(const wire::VolumeQuestion& question);

/// Makes the marker, with a random id, on a volume that is right in everything else: the only thing that is
/// ever made on one. One that is there stays. Refused where another id is remembered than the marker has.
[[nodiscard]] wire::VolumeAnswer adopt_volume(const wire::VolumeQuestion& question);

/// What became of a volume that was present, by the list of mounts alone: `state` is present where it is the
/// same still. Never waits.
struct VolumeChange {
  wire::VolumeState state = wire::VolumeState::present;
  std::string what; ///< empty where nothing changed
};
[[nodiscard]] VolumeChange changed_since(const wire::VolumeAnswer& seen, const std::vector<Mount>& mounts);

} // namespace holdfast::linux_os
