#pragma once

#include "engine/host_settings.h"
#include "engine/mount_watch.h"
#include "engine/volumes.h"

namespace holdfast::engine {

/// What must be as it is meant to be outside the services before they start: their volumes and what they need
/// of the machine.
class Conditions {
public:
  Conditions(Volumes::Parts parts, const model::Stack& stack, Volumes::Options options,
             const Volumes::Handlers& handlers)
      : volumes_(parts, stack, std::move(options), handlers), host_(parts.loop, stack, handlers.happened),
        mounts_(parts.loop, [this] { volumes_.mounts_changed(); }) {}

  [[nodiscard]] Status open();
  /// The stack has another spec, or its first.
  void respecified();
  /// Once more in the turn of the spawn: why a service must not be started, in words; empty where it may.
  [[nodiscard]] std::string refusal(ServiceId service) const;
  /// Something was refused: what it was about is looked at now.
  void look();

  [[nodiscard]] Volumes& volumes() { return volumes_; }
  [[nodiscard]] const Volumes& volumes() const { return volumes_; }

private:
  Volumes volumes_;
  HostSettings host_;
  MountWatch mounts_;
};

} // namespace holdfast::engine
