#include "words.h"

#include "base/signals.h"
#include "base/time.h"
#include "model/words.h"

namespace holdfast::replay {
namespace {

using namespace model;

std::string_view word(Verb verb) {
  switch (verb) {
  case Verb::start: return "start";
  case Verb::stop: return "stop";
  case Verb::restart: return "restart";
  case Verb::task: return "task";
  }
  return {};
}

std::string_view word(ProbeRole role) {
  switch (role) {
  case ProbeRole::ready: return "ready";
  case ProbeRole::progress: return "progress";
  case ProbeRole::live: return "live";
  }
  return {};
}

std::string_view word(ProbeOutcome outcome) {
  switch (outcome) {
  case ProbeOutcome::succeeded: return "succeeded";
  case ProbeOutcome::failed: return "failed";
  case ProbeOutcome::unknown: return "unknown";
  case ProbeOutcome::starting: return "starting";
  case ProbeOutcome::unseen: return "unseen";
  }
  return {};
}

std::string with(std::string text, std::string_view more) {
  return more.empty() ? text : (std::move(text) += " (").append(more) += ")";
}

std::string arrow(std::string_view from, std::string_view to) {
  return std::string(from) + " > " + std::string(to);
}

/// What both kinds of words need of the stack.
class Names {
public:
  explicit Names(const Stack& stack) : stack_(stack) {}

protected:
  [[nodiscard]] const Stack& stack() const { return stack_; }
  [[nodiscard]] std::string name(ServiceId id) const { return stack_.spec(id).name; }
  [[nodiscard]] std::string names(const std::vector<ServiceId>& ids) const {
    std::string text;
    for (const ServiceId id : ids)
      text += " " + name(id);
    return text;
  }
  template <typename T>
  [[nodiscard]] std::string run(const T& of) const {
    return name(of.service) + " run " + std::to_string(of.run.value);
  }

private:
  const Stack& stack_;
};

struct EventWords : Names {
  using Names::Names;

  std::string operator()(const StackStarted& e) const { return with("the stack is started", names(e.done)); }
  std::string operator()(const CommandAsked& e) const {
    return with("asked to " + std::string(word(e.verb)) + (e.services.empty() ? " all" : names(e.services)),
                e.by);
  }
  std::string operator()(const ShutdownAsked& e) const { return with("asked to shut down", e.by); }
  std::string operator()(const DoorAsked& e) const {
    return with(e.open ? "asked to open the door" : "asked to close the door", e.by);
  }
  std::string operator()(const ConfigurationChanged& e) const {
    return with("the configuration was changed", e.by);
  }
  std::string operator()(const ConditionSeen& e) const {
    return with(stack().spec().conditions[e.condition.index].name + (e.met ? " is met" : " is not met"),
                e.what);
  }
  std::string operator()(const PressureSeen& e) const {
    return e.high ? "pressure is high" : "pressure is low";
  }
  std::string operator()(const MachineWoke& e) const {
    return "the machine was suspended for " + format_span(e.asleep);
  }
  std::string operator()(const EngineReturned& e) const {
    std::string text = "a new engine took over; found:";
    for (const FoundRun& found : e.found)
      text += " " + run(found) + ",";
    return e.found.empty() ? text + " nothing" : text;
  }
  std::string operator()(const SpawnSucceeded& e) const { return run(e) + ": pid " + std::to_string(e.pid); }
  std::string operator()(const SpawnFailed& e) const { return with(run(e) + ": not spawned", e.what); }
  std::string operator()(const SpawnRefused& e) const { return with(run(e) + ": not spawned", e.what); }
  std::string operator()(const RequirementsSeen& e) const {
    return name(e.service) + (e.missing.empty() ? ": what it requires is there" : ": missing: " + e.missing);
  }
  std::string operator()(const ProcessExited& e) const { return run(e) + ": " + model::words(e.status); }
  std::string operator()(const LeafEmptied& e) const { return run(e) + ": nothing is left of it"; }
  std::string operator()(const ProcessesKilled& e) const {
    return run(e) + ": out of memory, killed: " + std::to_string(e.count);
  }
  std::string operator()(const TasksSpent& e) const { return run(e) + ": no task more"; }
  std::string operator()(const MemoryShort& e) const {
    return run(e) + (e.is_short ? ": is short of memory" : ": is short of memory no longer");
  }
  std::string operator()(const ServiceNotified& e) const {
    return with(run(e) + ": notified" + (e.ready ? " READY" : "") + (e.stopping ? " STOPPING" : ""),
                e.status);
  }
  std::string operator()(const ProbeAnswered& e) const {
    return with(run(e) + ": " + std::string(word(e.role)) + " probe: " + std::string(word(e.outcome)),
                e.said);
  }
  std::string operator()(const DeadlinePassed&) const { return "a deadline passed"; }
};

struct ActionWords : Names {
  using Names::Names;

  std::string operator()(const LookAtRequirements& a) const {
    return "look at what " + name(a.service) + " requires";
  }
  std::string operator()(const Spawn& a) const { return "spawn " + run(a); }
  std::string operator()(const Signal& a) const {
    return signal_name(a.signal) + (a.to_all ? " to all of " : " to ") + run(a);
  }
  std::string operator()(const RunStopProgram& a) const {
    return "stop program " + std::to_string(a.rung) + " of " + run(a);
  }
  std::string operator()(const KillGroup& a) const { return "kill " + run(a); }
  std::string operator()(const ReloadService& a) const { return "reload " + run(a); }
  std::string operator()(const RememberDone& a) const { return "remember " + name(a.service); }
  std::string operator()(const CloseDoor&) const { return "close the door"; }
  std::string operator()(const OpenDoor&) const { return "open the door"; }
  std::string operator()(const AskProbe& a) const {
    return "ask the " + std::string(word(a.role)) + " probe of " + run(a);
  }
  std::string operator()(const ReportPhase& a) const {
    return with(name(a.service) + ": " + arrow(model::word(a.from), model::word(a.to)),
                model::words(stack(), a.why));
  }
  std::string operator()(const ReportVerdict& a) const {
    return "verdict: " + arrow(model::word(a.from), model::word(a.to));
  }
  std::string operator()(const ReportTrouble& a) const {
    return with("trouble with " + run(a), model::words(stack(), a.why));
  }
  std::string operator()(const End& a) const { return "end with " + std::to_string(a.code); }
};

} // namespace

std::string words(const model::Stack& stack, const model::Event& event) {
  return std::visit(EventWords(stack), event);
}

std::string words(const model::Stack& stack, const model::Action& action) {
  return std::visit(ActionWords(stack), action);
}

} // namespace holdfast::replay
