#pragma once

#include "base/ids.h"
#include "model/spec.h"
#include "model/state.h"

#include <set>

namespace holdfast::model {

/// Kept up to date with each change of a service, so that no step has to look at all of them.
struct Counts {
  unsigned starting = 0;      ///< of those that take a turn
  unsigned running = 0;       ///< with a run
  unsigned coming = 0;        ///< on their way up: see Stack::coming()
  unsigned held = 0;          ///< whose time to start, or to answer again, stands still
  unsigned removed_alive = 0; ///< removed, with a run
  unsigned wanted = 0;
  unsigned wanted_up = 0;
  unsigned troubled = 0; ///< critical and missing without excuse
  std::set<ServiceId> critical_missing;
  std::set<ServiceId> others_missing;
  std::set<ServiceId> critical_failed;

  /// Adds, or takes away again, what a service counts for as it is now.
  void count(ServiceId id, const ServiceSpec& spec, const Service& service, bool add);
};

} // namespace holdfast::model
