#include "stack_of.h"

#include <algorithm>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <string>

namespace holdfast::model::test {
namespace {

ServiceId id_of(const StackSpec& stack, std::string_view name) {
  for (std::uint32_t i = 0; i < stack.services.size(); ++i)
    if (stack.services[i].name == name) return {i};
  throw std::invalid_argument("no service " + std::string(name));
}

ServiceSpec service_named(std::string name) {
  ServiceSpec service;
  if (name.front() == '(') {
    service.critical = false;
    name = name.substr(1, name.size() - 2);
  }
  service.name = std::move(name);
  service.ready = running_for(0s);
  service.stop = {signal_rung(SIGTERM, 10s)};
  service.restart.jitter_percent = 0;
  return service;
}

Need need_of(const StackSpec& stack, std::string word) {
  Need need;
  need.restart = word.back() == '!';
  need.soft = word.back() == '?';
  if (need.restart || need.soft) word.pop_back();
  need.on = id_of(stack, word);
  return need;
}

} // namespace

StackSpec stack_of(std::string_view line) {
  StackSpec stack;
  stack.name = "test";
  std::istringstream parts{std::string(line)};
  for (std::string part; std::getline(parts, part, ';');) {
    std::istringstream words(part);
    std::string word;
    words >> word;
    if (word.back() == ':') word.pop_back();
    ServiceSpec service = service_named(word);
    while (words >> word)
      service.needs.push_back(need_of(stack, word));
    stack.services.push_back(std::move(service));
  }
  stack.stack_budget.count = 0;
  stack.when_broken = WhenBroken::hold;
  stack.start_at_once = static_cast<unsigned>(std::max<std::size_t>(1, stack.services.size()));
  stack.stop_within = longest_stop(stack) + 10s;
  return stack;
}

ServiceSpec& in(StackSpec& stack, std::string_view name) {
  return stack.services[id_of(stack, name).index];
}

Probe running_for(Duration span) {
  Probe probe;
  probe.kind = ProbeKind::running;
  probe.running = span;
  return probe;
}

Probe notify() {
  Probe probe;
  probe.kind = ProbeKind::notify;
  return probe;
}

Probe exec_probe() {
  Probe probe;
  probe.kind = ProbeKind::exec;
  probe.exec = {"/bin/true"};
  probe.every = 1s;
  probe.failures = 2;
  return probe;
}

Rung signal_rung(int signal, Duration wait) {
  return {.signal = signal, .to_all = false, .exec = {}, .wait = wait};
}

} // namespace holdfast::model::test
