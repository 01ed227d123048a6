#pragma once
// The graph of needs, both ways, and the orders that follow from it.

#include "base/ids.h"
#include "model/spec.h"

#include <utility>
#include <vector>

namespace holdfast::model {

/// What never changes while a spec is in force: edges both ways and orders.
struct Edges {
  struct Dependent {
    ServiceId id;
    bool soft = false;
  };
  std::vector<std::vector<Dependent>> dependents; ///< by service: who needs it
  std::vector<unsigned> chain;                    ///< by service: longest chain of dependents above it
  std::vector<unsigned> depth;                    ///< by service: longest chain of needs below it
  std::vector<std::vector<ServiceId>> users;      ///< by condition: who waits for it

  /// Sorts the longest chain of dependents first.
  [[nodiscard]] std::pair<unsigned, ServiceId> turn_key(ServiceId id) const { return {~chain[id.index], id}; }
};

/// Precondition: needs have no cycle.
[[nodiscard]] Edges make_edges(const StackSpec& spec);

} // namespace holdfast::model
