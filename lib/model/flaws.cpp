#include "model/flaws.h"

#include <algorithm>
#include <cstddef>
#include <variant>

namespace holdfast::model {
namespace {

/// More than any configuration can have, and few enough to be counted in 32 bits.
constexpr std::size_t most_places = 1U << 16;

constexpr Duration none{};

std::string_view flaw_of(const ServiceSpec& service, std::uint32_t self, const Places& places) {
  if (service.stop.empty()) return "a service that cannot be stopped";
  for (const Need& need : service.needs)
    if (need.on.index >= places.services || need.on.index == self) return "a need of what is not there";
  for (const ConditionId condition : service.conditions)
    if (condition.index >= places.conditions) return "a condition that is not there";
  const RestartPolicy& restart = service.restart;
  const std::initializer_list<Duration> not_negative = {
      restart.delay,        restart.up_to,        restart.settled,        restart.window,
      service.start_within, service.leftovers,    service.unready_within, service.progress_up_to,
      service.ready.quiet,  service.ready.running};
  const bool in_order =
      std::all_of(not_negative.begin(), not_negative.end(), [](Duration d) { return d >= none; }) &&
      std::all_of(service.stop.begin(), service.stop.end(),
                  [](const Rung& rung) { return rung.wait >= none; });
  return in_order ? "" : "a negative time";
}

std::string_view flaw_of(const Run& run, const Service& service, const ServiceSpec& spec) {
  if (run.number == RunNumber{} || service.last_run < run.number) return "a run that was never begun";
  if (run.needs.size() != spec.needs.size()) return "a run with other needs than its service";
  return {};
}

bool is_asked(const ProbeTrack& track) {
  return track.asked != 0 || track.next != never;
}

std::string_view flaw_of(const Service& service, const ServiceSpec& spec) {
  const Phase& phase = service.phase;
  // words() follows such a reason to the other's goal.
  if (service.goal.cause == Cause::need_stopped) return "a goal that nobody asked for";
  if (const Run* run = run_of(phase); run != nullptr)
    if (const auto flaw = flaw_of(*run, service, spec); !flaw.empty()) return flaw;
  const auto* starting = std::get_if<Starting>(&phase);
  const auto* ready = std::get_if<Ready>(&phase);
  const auto* unready = std::get_if<Unready>(&phase);
  const bool progress = starting != nullptr && is_asked(starting->progress);
  const bool live =
      (ready != nullptr && is_asked(ready->live)) || (unready != nullptr && is_asked(unready->live));
  if ((progress && !spec.progress) || (live && !spec.live)) return "a probe that the service does not have";
  return {};
}

} // namespace

Places places_in(const StackSpec& spec) {
  return {static_cast<std::uint32_t>(spec.services.size()),
          static_cast<std::uint32_t>(spec.conditions.size())};
}

std::string_view flaw_of(const Probe& probe, const Places&) {
  const bool in_order =
      probe.every > none && probe.timeout > none && probe.failures > 0 && probe.successes > 0;
  return in_order ? "" : "a probe that is never asked";
}

std::string_view flaw_of(const StackSpec& spec, const Places&) {
  if (spec.services.empty()) return "a stack without services";
  if (spec.services.size() > most_places || spec.conditions.size() > most_places)
    return "more services than any stack has";
  const Places places = places_in(spec);
  for (std::uint32_t i = 0; i < places.services; ++i)
    if (const auto flaw = flaw_of(spec.services[i], i, places); !flaw.empty()) return flaw;
  if (!find_cycle(spec).empty()) return "needs in a circle";
  if (spec.start_at_once == 0) return "a stack that never starts";
  const bool in_order = spec.start_within >= none && spec.recover_within >= none &&
                        spec.stop_within >= none && spec.stack_budget.window >= none;
  return in_order ? "" : "a negative time";
}

std::string_view flaw_of(const Why& why, const Places& places) {
  const bool dangles = why.cause == Cause::condition && why.condition.index >= places.conditions;
  return dangles ? "a condition that is not in the configuration" : "";
}

std::string_view flaw_of(const ConditionSeen& seen, const Places& places) {
  return seen.condition.index < places.conditions ? "" : "a condition that is not in the configuration";
}

std::string_view flaw_of(const ConfigurationChanged& changed, const Places& places) {
  const Places now = places_in(*changed.spec);
  const bool keeps = now.services >= places.services && now.conditions >= places.conditions;
  return keeps ? "" : "a configuration that moves services from their places";
}

std::string_view flaw_of(const StackImage& image, const StackSpec& spec) {
  if (image.services.size() != spec.services.size() ||
      image.state.conditions.size() != spec.conditions.size())
    return "another number of services or conditions than the configuration has";
  for (std::size_t i = 0; i < image.services.size(); ++i)
    if (const auto flaw = flaw_of(image.services[i], spec.services[i]); !flaw.empty()) return flaw;
  return {};
}

} // namespace holdfast::model
