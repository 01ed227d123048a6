#include "model/edges.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace holdfast::model {
namespace {

/// Services so that each stands behind all that it needs. Precondition: no cycle.
std::vector<ServiceId> needs_first(const StackSpec& spec, const Edges& edges) {
  std::vector<std::size_t> open(spec.services.size());
  std::vector<ServiceId> order;
  order.reserve(open.size());
  for (std::uint32_t i = 0; i < open.size(); ++i) {
    open[i] = spec.services[i].needs.size();
    if (open[i] == 0) order.push_back({i});
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const auto& dependent : edges.dependents[order[i].index])
      if (--open[dependent.id.index] == 0) order.push_back(dependent.id);
  assert(order.size() == open.size());
  return order;
}

/// Longest chains, by one walk in each direction.
void measure_chains(const StackSpec& spec, Edges& edges) {
  const auto order = needs_first(spec, edges);
  for (const ServiceId id : order)
    for (const auto& dependent : edges.dependents[id.index])
      edges.depth[dependent.id.index] = std::max(edges.depth[dependent.id.index], edges.depth[id.index] + 1);
  for (auto id = order.rbegin(); id != order.rend(); ++id)
    for (const Need& need : spec.services[id->index].needs)
      edges.chain[need.on.index] = std::max(edges.chain[need.on.index], edges.chain[id->index] + 1);
}

} // namespace

Edges make_edges(const StackSpec& spec) {
  const std::size_t size = spec.services.size();
  Edges edges{.dependents = std::vector<std::vector<Edges::Dependent>>(size),
              .chain = std::vector<unsigned>(size, 0),
              .depth = std::vector<unsigned>(size, 0),
              .users = std::vector<std::vector<ServiceId>>(spec.conditions.size())};
  for (std::uint32_t i = 0; i < size; ++i) {
    for (const Need& need : spec.services[i].needs)
      edges.dependents[need.on.index].push_back({{i}, need.soft});
    for (const ConditionId condition : spec.services[i].conditions)
      edges.users[condition.index].push_back({i});
  }
  measure_chains(spec, edges);
  return edges;
}

} // namespace holdfast::model
