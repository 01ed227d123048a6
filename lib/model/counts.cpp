#include "model/counts.h"

namespace holdfast::model {
namespace {

bool is_coming(const Service& service) {
  if (const auto* waiting = std::get_if<Waiting>(&service.phase)) return !waiting->held;
  if (const auto* stopping = std::get_if<Stopping>(&service.phase))
    return service.wanted && stopping->stage != StopStage::overdue;
  return std::holds_alternative<Starting>(service.phase) || std::holds_alternative<Backoff>(service.phase) ||
         (service.wanted && service.leaving);
}

void add_to(unsigned& counter, bool counts, bool add) {
  if (counts) add ? ++counter : --counter;
}

void keep_in(std::set<ServiceId>& set, ServiceId id, bool counts, bool add) {
  if (!counts) return;
  if (add)
    set.insert(id);
  else
    set.erase(id);
}

} // namespace

void Counts::count(ServiceId id, const ServiceSpec& spec, const Service& service, bool add) {
  const bool runs = run_of(service.phase) != nullptr;
  const auto* start = std::get_if<Starting>(&service.phase);
  add_to(starting, start != nullptr && spec.external.empty(), add);
  const auto* unready = std::get_if<Unready>(&service.phase);
  add_to(held, (start != nullptr && start->held) || (unready != nullptr && unready->paused), add);
  add_to(running, runs, add);
  add_to(removed_alive, spec.removed && runs, add);
  add_to(coming, is_coming(service), add);
  // Whoever runs a task by command sees what becomes of it; the stack is not the worse for it.
  if (spec.task == TaskRun::on_command) return;

  const bool up = is_up(service);
  const bool expected = service.wanted || spec.enabled;
  add_to(wanted, service.wanted, add);
  add_to(wanted_up, service.wanted && up, add);
  add_to(troubled, spec.critical && service.wanted && !up && !service.excused, add);
  keep_in(critical_failed, id, spec.critical && std::holds_alternative<Failed>(service.phase), add);
  keep_in(critical_missing, id, spec.critical && expected && !up, add);
  keep_in(others_missing, id, !spec.critical && service.wanted && !up, add);
}

} // namespace holdfast::model
