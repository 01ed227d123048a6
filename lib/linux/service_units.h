#pragma once
// What systemd knows of a unit, over D-Bus (org.freedesktop.systemd1(5)).

#include "base/result.h"

#include <memory>
#include <string>

struct sd_bus;

namespace holdfast::linux_os {

/// Of a unit; one that is not there is neither.
struct UnitFacts {
  bool active = false;  ///< running, or on its way there
  bool enabled = false; ///< started at boot, by itself or by what it is part of
};

/// Asks the service manager. Each question waits for its answer, at most 5 s.
class ServiceUnits {
public:
  /// Whether this machine was booted with systemd; without it there is nobody to ask (sd_booted(3)).
  [[nodiscard]] static bool available();
  /// Over the system bus or, for root where none runs, over systemd's own socket.
  [[nodiscard]] static Result<ServiceUnits> connect();
  /// Over a connection that is there; it is taken over.
  explicit ServiceUnits(sd_bus* bus);

  [[nodiscard]] Result<UnitFacts> facts(const std::string& unit);

private:
  struct Closer {
    void operator()(sd_bus* bus) const;
  };
  [[nodiscard]] Result<bool> is_active(const std::string& unit);
  [[nodiscard]] Result<bool> is_enabled(const std::string& unit);

  std::unique_ptr<sd_bus, Closer> bus_;
};

} // namespace holdfast::linux_os
