#include "random_spec.h"

#include <algorithm>
#include <csignal>
#include <initializer_list>
#include <string>
#include <utility>

namespace holdfast::sim {
namespace {

using namespace model;

template <typename T>
T one_of(Draw& draw, std::initializer_list<T> choices) {
  return choices.begin()[draw.below(choices.size())];
}

/// Stacks of a few services have the most interesting moments an event; large ones are rare.
std::uint32_t random_size(Draw& draw, std::uint32_t most) {
  const std::uint64_t small = std::min<std::uint64_t>(most, draw.percent(12) ? most : 8);
  return static_cast<std::uint32_t>(1 + draw.below(small));
}

Probe asked_probe(Draw& draw) {
  Probe probe;
  probe.kind = ProbeKind::exec;
  probe.exec = {"/bin/probe"};
  probe.every = one_of<Duration>(draw, {5s, 1s, 20s});
  probe.timeout = one_of<Duration>(draw, {3s, 500ms});
  probe.failures = static_cast<unsigned>(1 + draw.below(3));
  probe.successes = static_cast<unsigned>(1 + draw.below(2));
  probe.quiet = one_of<Duration>(draw, {0s, 0s, 1s});
  if (draw.percent(40)) probe.kind = ProbeKind::observed;
  return probe;
}

Probe ready_probe(Draw draw) {
  Probe probe;
  switch (draw.below(4)) {
  case 0: probe.running = 0s; return probe;
  case 1: probe.running = one_of<Duration>(draw, {1s, 1500ms}); return probe;
  case 2: probe.kind = ProbeKind::notify; return probe;
  default: return asked_probe(draw);
  }
}

std::vector<Need> random_needs(Draw draw, const StackSpec& stack, std::uint32_t place) {
  std::vector<Need> needs;
  // Of many, a few: neither a long list of loners nor one where all hangs on all.
  const unsigned share = place <= 6 ? 35 : static_cast<unsigned>(240 / place);
  for (std::uint32_t on = 0; on < place; ++on) {
    if (!draw.percent(share)) continue;
    const bool soft = !starts_by_itself(stack.services[on]) || draw.percent(25);
    needs.push_back({.on = {on}, .restart = draw.percent(30), .soft = soft});
  }
  return needs;
}

std::vector<ConditionId> random_conditions(Draw draw, const StackSpec& stack) {
  std::vector<ConditionId> conditions;
  for (std::uint32_t i = 0; i < stack.conditions.size(); ++i)
    if (draw.percent(30)) conditions.push_back({i});
  return conditions;
}

std::vector<Rung> random_ladder(Draw draw) {
  std::vector<Rung> ladder;
  const std::uint64_t rungs = 1 + draw.below(3);
  for (std::uint64_t i = 0; i < rungs; ++i) {
    Rung rung{.signal = i == 0 ? SIGTERM : SIGQUIT, .to_all = draw.percent(30), .exec = {}, .wait = 5s};
    rung.wait = one_of<Duration>(draw, {5s, 1s, 20s});
    if (draw.percent(20)) rung = {.signal = 0, .to_all = false, .exec = {"/bin/stop"}, .wait = rung.wait};
    ladder.push_back(std::move(rung));
  }
  return ladder;
}

RestartPolicy random_policy(Draw draw, bool is_task) {
  RestartPolicy policy;
  policy.delay = one_of<Duration>(draw, {1s, 100ms, 3s});
  policy.up_to = one_of<Duration>(draw, {20s, 5s, 1min});
  policy.jitter_percent = one_of<unsigned>(draw, {25, 0, 100});
  policy.settled = one_of<Duration>(draw, {10s, 1s, 60s});
  policy.budget = static_cast<unsigned>(1 + draw.below(4));
  policy.window = one_of<Duration>(draw, {5min, 20s, 2min});
  policy.when = is_task ? RestartWhen::never : RestartWhen::always;
  if (draw.percent(is_task ? 40 : 10)) policy.when = RestartWhen::on_failure;
  if (draw.percent(3)) policy.when = RestartWhen::never;
  return policy;
}

void make_external(ServiceSpec& service, Draw& draw) {
  service.external = "db.example.org:5432";
  service.ready = asked_probe(draw);
  service.program = {};
}

void choose_kind(ServiceSpec& service, Draw draw) {
  service.critical = draw.percent(65);
  if (draw.percent(8)) return make_external(service, draw);
  if (draw.percent(15))
    service.task = one_of<TaskRun>(draw, {TaskRun::before_start, TaskRun::once, TaskRun::on_command});
  if (draw.percent(25)) service.program.requirements = {{.file = "/there", .owner = {}}};
  if (draw.percent(10)) service.program.sockets = {{.name = "web", .address = "127.0.0.1:80", .group = {}}};
  if (draw.percent(30)) service.reload = ReloadSpec{.signal = SIGHUP, .exec = {}, .files = {"/etc/it.conf"}};
}

void choose_probes(ServiceSpec& service, Decisions& decisions, std::uint64_t salt) {
  if (service.task) return;
  if (service.external.empty()) service.ready = ready_probe(decisions.about(Topic::ready_probe, salt, 0));
  Draw progress = decisions.about(Topic::progress_probe, salt, 0);
  if (progress.percent(25)) {
    service.progress = asked_probe(progress);
    service.progress_up_to = one_of<Duration>(progress, {2min, 20s, 10min});
  }
  Draw live = decisions.about(Topic::live_probe, salt, 0);
  if (service.external.empty() && live.percent(30))
    service.live = LiveProbe{asked_probe(live), live.percent(30) ? LiveAction::alert : LiveAction::restart};
}

} // namespace

ServiceSpec random_service(Decisions& decisions, const StackSpec& stack, std::uint32_t place,
                           std::uint64_t salt) {
  ServiceSpec service;
  service.name = "s" + std::to_string(salt);
  service.program.command = {"/bin/it"};
  Draw exists = decisions.about(Topic::exists, salt, 0);
  if (exists.harmless()) {
    service.enabled = false;
    service.critical = false;
    return service;
  }
  service.enabled = !exists.percent(6);
  choose_kind(service, decisions.about(Topic::kind, salt, 0));
  service.needs = random_needs(decisions.about(Topic::needs, salt, 0), stack, place);
  service.conditions = random_conditions(decisions.about(Topic::conditions, salt, 0), stack);
  choose_probes(service, decisions, salt);
  service.stop = random_ladder(decisions.about(Topic::ladder, salt, 0));
  service.restart = random_policy(decisions.about(Topic::policy, salt, 0), service.task.has_value());
  Draw bounds = decisions.about(Topic::policy, salt, 1);
  service.start_within = one_of<Duration>(bounds, {20s, 2s, 1min});
  service.unready_within = one_of<Duration>(bounds, {20s, 2s, 1min});
  service.leftovers = one_of<Duration>(bounds, {1s, 10s});
  return service;
}

bool starts_by_itself(const ServiceSpec& service) {
  return service.enabled && service.task != TaskRun::on_command;
}

void fill_in_bounds(StackSpec& stack) {
  stack.stop_within = longest_stop(stack) + 10s;
}

StackSpec random_stack(Decisions& decisions, std::uint32_t most_services) {
  Draw draw = decisions.about(Topic::stack, 0, 0);
  StackSpec stack;
  stack.name = "stack";
  const std::uint32_t size = random_size(draw, most_services);
  stack.start_at_once = static_cast<unsigned>(1 + draw.below(3));
  stack.start_within = one_of<Duration>(draw, {10min, 30s, 2min});
  stack.recover_within = one_of<Duration>(draw, {5min, 10s, 1min});
  stack.stack_budget = {.count = static_cast<unsigned>(1 + draw.below(2)),
                        .window = one_of<Duration>(draw, {1h, 2min})};
  stack.when_broken = draw.percent(50) ? WhenBroken::hold : WhenBroken::stop;
  const std::uint64_t conditions = draw.below(4);
  for (std::uint64_t i = 0; i < conditions; ++i)
    stack.conditions.push_back(
        {one_of(draw, {ConditionKind::volume, ConditionKind::certificate, ConditionKind::host}),
         "c" + std::to_string(i)});
  for (std::uint32_t i = 0; i < size; ++i)
    stack.services.push_back(random_service(decisions, stack, i, i));
  fill_in_bounds(stack);
  return stack;
}

StackSpec mirrored(StackSpec stack) {
  const auto last = static_cast<std::uint32_t>(stack.services.size() - 1);
  std::reverse(stack.services.begin(), stack.services.end());
  for (ServiceSpec& service : stack.services)
    for (Need& need : service.needs)
      need.on.index = last - need.on.index;
  return stack;
}

} // namespace holdfast::sim
