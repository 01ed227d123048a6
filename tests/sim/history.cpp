#include "history.h"

#include "model/words.h"
#include "support/overloaded.h"

#include <array>
#include <cstdio>

namespace holdfast::sim {

using namespace model;

namespace {

std::string run_words(const Stack& stack, ServiceId id, RunNumber run) {
  return stack.spec(id).name + "/" + std::to_string(run.value);
}

std::string list(const Stack& stack, const std::vector<ServiceId>& services) {
  std::string text;
  for (const ServiceId id : services)
    text += " " + stack.spec(id).name;
  return text.empty() ? " all" : text;
}

std::string_view verb_word(Verb verb) {
  constexpr std::array<std::string_view, 4> words = {"start", "stop", "restart", "task"};
  return words[static_cast<std::size_t>(verb)];
}

std::string_view role_word(ProbeRole role) {
  constexpr std::array<std::string_view, 3> words = {"ready", "progress", "live"};
  return words[static_cast<std::size_t>(role)];
}

std::string_view outcome_word(ProbeOutcome outcome) {
  constexpr std::array<std::string_view, 5> words = {"succeeded", "failed", "unknown", "starting", "unseen"};
  return words[static_cast<std::size_t>(outcome)];
}

std::string exit_words(const ExitStatus& status) {
  return status.signal != 0 ? "signal " + std::to_string(status.signal)
                            : "code " + std::to_string(status.code);
}

struct EventWords {
  const Stack& stack;
  std::string operator()(const StackStarted&) const { return "StackStarted"; }
  std::string operator()(const CommandAsked& e) const {
    return std::string(verb_word(e.verb)) + list(stack, e.services);
  }
  std::string operator()(const ShutdownAsked&) const { return "ShutdownAsked"; }
  std::string operator()(const DoorAsked& e) const { return e.open ? "door open" : "door close"; }
  std::string operator()(const ConfigurationChanged&) const { return "ConfigurationChanged"; }
  std::string operator()(const ConditionSeen& e) const {
    return "condition " + stack.spec().conditions[e.condition.index].name + (e.met ? " met" : " unmet");
  }
  std::string operator()(const PressureSeen& e) const { return e.high ? "pressure high" : "pressure low"; }
  std::string operator()(const MachineWoke&) const { return "MachineWoke"; }
  std::string operator()(const EngineReturned& e) const {
    std::string text = "EngineReturned, found:";
    for (const FoundRun& run : e.found)
      text += " " + run_words(stack, run.service, run.run) + (run.pid == 0 ? " (pid unknown)" : "") +
              (run.rung_done ? "" : " (rung not done)") + (run.was_ready ? " (was ready)" : "");
    return text;
  }
  std::string operator()(const SpawnSucceeded& e) const {
    return "SpawnSucceeded " + run_words(stack, e.service, e.run);
  }
  std::string operator()(const SpawnFailed& e) const {
    return "SpawnFailed " + run_words(stack, e.service, e.run) + " errno " + std::to_string(e.error);
  }
  std::string operator()(const SpawnRefused& e) const {
    return "SpawnRefused " + run_words(stack, e.service, e.run);
  }
  std::string operator()(const RequirementsSeen& e) const {
    return "RequirementsSeen " + stack.spec(e.service).name + (e.missing.empty() ? " all" : " missing");
  }
  std::string operator()(const ProcessExited& e) const {
    return "ProcessExited " + run_words(stack, e.service, e.run) + " " + exit_words(e.status);
  }
  std::string operator()(const LeafEmptied& e) const {
    return "LeafEmptied " + run_words(stack, e.service, e.run);
  }
  std::string operator()(const ProcessesKilled& e) const {
    return "ProcessesKilled " + run_words(stack, e.service, e.run) + " " + std::to_string(e.count);
  }
  std::string operator()(const TasksSpent& e) const {
    return "TasksSpent " + run_words(stack, e.service, e.run);
  }
  std::string operator()(const MemoryShort& e) const {
    return (e.is_short ? "MemoryShort " : "memory again ") + run_words(stack, e.service, e.run);
  }
  std::string operator()(const ServiceNotified& e) const {
    return "ServiceNotified " + run_words(stack, e.service, e.run) + (e.ready ? " READY" : "") +
           (e.stopping ? " STOPPING" : "") + (e.extend ? " EXTEND" : "");
  }
  std::string operator()(const ProbeAnswered& e) const {
    return "ProbeAnswered " + run_words(stack, e.service, e.run) + " " + std::string(role_word(e.role)) +
           " " + std::string(outcome_word(e.outcome));
  }
  std::string operator()(const DeadlinePassed&) const { return "DeadlinePassed"; }
};

struct ActionWords {
  const Stack& stack;
  std::string operator()(const LookAtRequirements& a) const { return "look " + stack.spec(a.service).name; }
  std::string operator()(const Spawn& a) const { return "SPAWN " + run_words(stack, a.service, a.run); }
  std::string operator()(const Signal& a) const {
    return "signal " + std::to_string(a.signal) + " " + run_words(stack, a.service, a.run) +
           (a.to_all ? " to all" : "");
  }
  std::string operator()(const RunStopProgram& a) const {
    return "stop program " + run_words(stack, a.service, a.run);
  }
  std::string operator()(const KillGroup& a) const { return "KILL " + run_words(stack, a.service, a.run); }
  std::string operator()(const ReloadService& a) const {
    return "reload " + run_words(stack, a.service, a.run);
  }
  std::string operator()(const RememberDone& a) const { return "remember " + stack.spec(a.service).name; }
  std::string operator()(const CloseDoor&) const { return "close door"; }
  std::string operator()(const OpenDoor&) const { return "open door"; }
  std::string operator()(const AskProbe& a) const {
    return "ask " + run_words(stack, a.service, a.run) + " " + std::string(role_word(a.role));
  }
  std::string operator()(const ReportPhase& a) const {
    return stack.spec(a.service).name + ": " + std::string(word(a.from)) + " -> " + std::string(word(a.to)) +
           " (" + words(stack, a.why) + ")";
  }
  std::string operator()(const ReportVerdict& a) const { return "verdict " + std::string(word(a.to)); }
  std::string operator()(const ReportTrouble& a) const {
    return "trouble " + stack.spec(a.service).name + " (" + words(stack, a.why) + ")";
  }
  std::string operator()(const End& a) const { return "END " + std::to_string(a.code); }
};

std::string seconds(Duration span) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.9f s", std::chrono::duration<double>(span).count());
  return text.data();
}

std::string service_words(const StackSpec& stack, const ServiceSpec& service) {
  std::string text = service.name + (service.critical ? ": critical" : ": not critical");
  if (!service.enabled) text += ", disabled";
  if (service.task) text += ", task";
  if (!service.external.empty()) text += ", external";
  constexpr std::array<std::string_view, 4> kinds = {"running", "notify", "exec", "observed"};
  text += ", ready by " + std::string(kinds[static_cast<std::size_t>(service.ready.kind)]);
  if (service.progress) text += ", progress";
  if (service.live) text += service.live->then == LiveAction::restart ? ", live" : ", live (alert)";
  if (is_looked_at(service.program)) text += ", requires";
  for (const Need& need : service.needs)
    text += ", needs " + stack.services[need.on.index].name + (need.soft ? " softly" : "") +
            (need.restart ? " (restart)" : "");
  for (const ConditionId condition : service.conditions)
    text += ", on " + stack.conditions[condition.index].name;
  text += ", start_within " + seconds(service.start_within) + ", budget " +
          std::to_string(service.restart.budget) + " in " + seconds(service.restart.window);
  for (const Rung& rung : service.stop)
    text += ", rung " + seconds(rung.wait);
  return text;
}

} // namespace

void History::add(const Stack& stack, const Event& event, const Now& now, const Actions& actions) {
  lines_.push_back(seconds(now.mono - MonoTime(std::chrono::seconds(1000))) + "  " +
                   std::visit(EventWords{stack}, event));
  for (const Action& action : actions)
    lines_.push_back("                    " + std::visit(ActionWords{stack}, action));
  if (const auto* changed = std::get_if<ConfigurationChanged>(&event))
    for (const std::string& line : describe(*changed->spec))
      lines_.push_back("                  | " + line);
}

std::vector<std::string> describe(const StackSpec& stack) {
  std::vector<std::string> lines;
  lines.push_back("start_at_once " + std::to_string(stack.start_at_once) + ", start_within " +
                  seconds(stack.start_within) + ", recover_within " + seconds(stack.recover_within) +
                  ", stop_within " + seconds(stack.stop_within) +
                  (stack.when_broken == WhenBroken::stop ? ", stop" : ", hold"));
  for (const ServiceSpec& service : stack.services)
    if (service.enabled || service.critical || service.removed)
      lines.push_back(service_words(stack, service) + (service.removed ? ", removed" : ""));
  return lines;
}

} // namespace holdfast::sim
