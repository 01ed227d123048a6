#pragma once
// What this machine says beyond files and databases of users: asked through functions, so that this floor
// needs none of the mechanisms.

#include "base/result.h"

#include <functional>
#include <string>

namespace holdfast::config {

/// Of a unit of systemd.
struct UnitState {
  bool active = false;  ///< running, or on its way there
  bool enabled = false; ///< started at boot
};

/// A function that is not there is not asked.
struct MachineQuestions {
  /// Who listens where `service` is to ("127.0.0.1:5432", "unix:/run/x"), in words; empty: nobody, or the
  /// service itself. An error: that cannot be known.
  std::function<Result<std::string>(const std::string& service, const std::string& address)> listener;
  /// A unit that is not there is neither. An error: that cannot be known.
  std::function<Result<UnitState>(const std::string& unit)> unit;
};

} // namespace holdfast::config
