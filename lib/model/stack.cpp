#include "model/stack.h"

#include <algorithm>
#include <cassert>

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

Edges make_edges(const StackSpec& spec) {
  const std::size_t size = spec.services.size();
  Edges edges{.dependents = std::vector<std::vector<Edges::Dependent>>(size),
              .chain = std::vector<unsigned>(size, 0),
              .depth = std::vector<unsigned>(size, 0)};
  for (std::uint32_t i = 0; i < size; ++i)
    for (const Need& need : spec.services[i].needs)
      edges.dependents[need.on.index].push_back({{i}, need.soft});
  const auto order = needs_first(spec, edges);
  for (const ServiceId id : order)
    for (const auto& dependent : edges.dependents[id.index])
      edges.depth[dependent.id.index] = std::max(edges.depth[dependent.id.index], edges.depth[id.index] + 1);
  for (auto id = order.rbegin(); id != order.rend(); ++id)
    for (const Need& need : spec.services[id->index].needs)
      edges.chain[need.on.index] = std::max(edges.chain[need.on.index], edges.chain[id->index] + 1);
  return edges;
}

} // namespace

Stack::Stack(std::shared_ptr<const StackSpec> spec, Now now)
    : spec_(std::move(spec)), edges_(make_edges(*spec_)), services_(spec_->services.size()),
      deadlines_(services_.size() + 1), verdict_since_(now.wall), marks_(services_.size()) {
  for (std::uint32_t i = 0; i < size(); ++i) {
    services_[i].since = now.mono;
    services_[i].since_wall = now.wall;
    if (spec_->services[i].critical && spec_->services[i].enabled) critical_missing_.insert({i});
  }
}

std::optional<ServiceId> Stack::find(std::string_view name) const {
  for (std::uint32_t i = 0; i < size(); ++i)
    if (spec_->services[i].name == name) return ServiceId{i};
  return std::nullopt;
}

} // namespace holdfast::model
