#include "model/merge.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::model {
namespace {

using Places = std::vector<std::uint32_t>;

/// Where each of `next` goes in `now`, behind its last where `now` has nothing that `is_same`.
template <typename T, typename IsSame>
Places places_of(const std::vector<T>& next, const std::vector<T>& now, const IsSame& is_same) {
  std::map<std::string_view, std::uint32_t> known;
  for (std::uint32_t i = 0; i < now.size(); ++i)
    known[now[i].name] = i; // of several, all but the last were replaced
  auto free = static_cast<std::uint32_t>(now.size());
  Places places;
  for (const T& one : next) {
    const auto found = known.find(one.name);
    places.push_back(found != known.end() && is_same(now[found->second], one) ? found->second : free++);
  }
  return places;
}

bool is_same_kind(const ServiceSpec& now, const ServiceSpec& next) {
  return now.external.empty() == next.external.empty();
}

ServiceSpec placed(ServiceSpec service, const Places& services, const Places& conditions) {
  for (Need& need : service.needs)
    need.on.index = services[need.on.index];
  for (ConditionId& condition : service.conditions)
    condition.index = conditions[condition.index];
  return service;
}

} // namespace

ChangeKind change_between(const ServiceSpec& now, const ServiceSpec& next) {
  if (!is_same_kind(now, next)) return ChangeKind::replace;
  if (now == next) return ChangeKind::none;
  // The notify socket's name is in its environment, and a task's end means another thing.
  const bool notifies = now.ready.kind == ProbeKind::notify;
  if (now.program != next.program || notifies != (next.ready.kind == ProbeKind::notify) ||
      now.external != next.external || now.task.has_value() != next.task.has_value())
    return ChangeKind::restart;
  return ChangeKind::live;
}

StackSpec merged(const StackSpec& now, const StackSpec& next) {
  const auto services = places_of(next.services, now.services, is_same_kind);
  const auto conditions = places_of(next.conditions, now.conditions,
                                    [](const Condition& a, const Condition& b) { return a == b; });
  StackSpec all = next;
  all.name = now.name;
  all.runtime = now.runtime;
  all.state = now.state;
  all.log_directory = now.log_directory;

  all.conditions = now.conditions;
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    if (conditions[i] == all.conditions.size()) all.conditions.push_back(next.conditions[i]);
  }
  all.services = now.services;
  for (ServiceSpec& service : all.services) {
    service.removed = true;
    service.enabled = false;
  }
  for (std::size_t i = 0; i < services.size(); ++i) {
    if (services[i] == all.services.size()) all.services.emplace_back();
    all.services[services[i]] = placed(next.services[i], services, conditions);
  }
  return all;
}

} // namespace holdfast::model
