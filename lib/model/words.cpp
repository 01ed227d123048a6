#include "model/words.h"

#include "base/signals.h"
#include "base/size.h"

namespace holdfast::model {
namespace {

std::string quoted_after(const std::string& text) {
  return text.empty() ? std::string() : ": " + text;
}

std::string by(const std::string& who) {
  return who.empty() ? std::string() : " by " + who;
}

std::string times(unsigned count) {
  return count == 1 ? "once" : std::to_string(count) + " times in a row";
}

std::string condition_words(const Stack& stack, const Why& why) {
  const Condition& condition = stack.spec().conditions[why.condition.index];
  const std::string what = why.text.empty() ? "not looked at yet" : why.text;
  switch (condition.kind) {
  case ConditionKind::volume: return "volume " + condition.name + ": " + what;
  case ConditionKind::certificate: return "certificate " + condition.name + ": " + what;
  case ConditionKind::host: return condition.name + ": " + what;
  }
  return {};
}

/// The limit that `of` has itself: where it has none, memory was short around it.
std::string out_of_memory(const ServiceSpec& of) {
  const auto& limit = of.group_limits.memory;
  return "killed: out of memory" + (limit ? " (limit " + format_bytes(*limit) + ")" : std::string());
}

std::string exit_words(const Stack& stack, const Why& why) {
  return why.exit.oom ? out_of_memory(stack.spec(why.other)) : words(why.exit);
}

std::string tasks_words(const Stack& stack, ServiceId id) {
  if (const auto& own = stack.spec(id).group_limits.tasks)
    return "the limit of tasks, " + std::to_string(*own) + ", was hit: no process or thread more";
  return "the limit of tasks around it was hit: no process or thread more";
}

std::string memory_high_words(const Stack& stack, ServiceId id) {
  const auto& high = stack.spec(id).group_limits.memory_high;
  return "above memory_high" + (high ? ", " + format_bytes(*high) + "," : std::string()) +
         " and slowed for it";
}

std::string cause_words(const Stack& stack, const Why& why) {
  const auto other = [&] { return stack.spec(why.other).name; };
  const auto phase = [&] {
    const Service& needed = stack.service(why.other);
    const bool stops = std::holds_alternative<Stopping>(needed.phase);
    return needed.leaving && !stops ? "to stop" : std::string(word(name_of(needed.phase)));
  };
  switch (why.cause) {
  case Cause::none: return {};
  case Cause::need: return "needs " + other() + ", which is " + phase();
  case Cause::need_failed: return "needs " + other() + ", which failed";
  case Cause::need_stopped: {
    const std::string goal = words(stack, stack.service(why.other).goal);
    return "needs " + other() + ", " + (goal.empty() ? "which is not wanted" : goal);
  }
  case Cause::soft_need: return "ordered after " + other() + ", which is " + phase();
  case Cause::turn: return "its turn: " + std::to_string(why.count) + " may be starting at once";
  case Cause::requirement: return why.text;
  case Cause::condition: return condition_words(stack, why);
  case Cause::removal: return other() + ", which was removed, still stops";
  case Cause::started: return "the stack is started";
  case Cause::asked_start: return "started" + by(why.text);
  case Cause::asked_stop: return "stopped" + by(why.text);
  case Cause::asked_restart: return "restarted" + by(why.text);
  case Cause::shutdown: return "the daemon ends" + (why.text.empty() ? std::string() : " (" + why.text + ")");
  case Cause::disabled: return "disabled";
  case Cause::removed: return "removed from the configuration" + by(why.text);
  case Cause::reloaded: return "its configuration changed, reloaded" + by(why.text);
  case Cause::on_command: return "runs on command";
  case Cause::stack_restart: return "the whole stack is restarted, since " + other() + " failed";
  case Cause::given_up: return "the stack could not be mended" + quoted_after(why.text);
  case Cause::start_bound:
    return "the stack did not work within " + format_span(why.span) + " of its start" +
           quoted_after(why.text);
  case Cause::recover_bound:
    return "the stack did not work again within " + format_span(why.span) + quoted_after(why.text);
  case Cause::need_leaves: return "stops before " + other();
  case Cause::need_restarted: return other() + " was restarted";
  case Cause::spawn_failed: return "cannot start " + other() + quoted_after(why.text);
  case Cause::exited: return exit_words(stack, why) + " after " + format_span(why.span);
  case Cause::start_deadline: return "not ready within " + format_span(why.span) + quoted_after(why.text);
  case Cause::not_live: return "its live probe failed " + times(why.count) + quoted_after(why.text);
  case Cause::not_ready: return "its ready probe failed " + times(why.count) + quoted_after(why.text);
  case Cause::says_stopping: return "it says that it is stopping, and nobody asked" + quoted_after(why.text);
  case Cause::unready_too_long: return "did not answer for " + format_span(why.span) + quoted_after(why.text);
  case Cause::ended:
    return exit_words(stack, why) + " after " + format_span(why.span) + ", and it is not restarted then";
  case Cause::survives_kill: return "processes of it survive SIGKILL: they are stuck in the kernel";
  case Cause::children_killed:
    return "out of memory: the kernel killed " + std::to_string(why.count) +
           (why.count == 1 ? " process" : " processes") + " of it, and its main process goes on";
  case Cause::tasks_spent: return tasks_words(stack, why.other);
  case Cause::memory_short: return memory_high_words(stack, why.other);
  case Cause::short_too_long: return memory_high_words(stack, why.other) + " for " + format_span(why.span);
  case Cause::ready_unknown:
    return "its ready probe could not tell " + times(why.count) + " whether it answers" +
           quoted_after(why.text);
  case Cause::live_unknown:
    return "its live probe could not tell " + times(why.count) + " whether it lives" + quoted_after(why.text);
  case Cause::engine_lost: return "the engine ended before it was started";
  case Cause::answers: return {};
  case Cause::remembered: return "it ended well before";
  case Cause::adopted: return "an earlier engine started it";
  }
  return {};
}

} // namespace

std::string_view word(PhaseName phase) {
  switch (phase) {
  case PhaseName::down: return "down";
  case PhaseName::waiting: return "waiting";
  case PhaseName::starting: return "starting";
  case PhaseName::ready: return "ready";
  case PhaseName::unready: return "unready";
  case PhaseName::stopping: return "stopping";
  case PhaseName::backoff: return "backoff";
  case PhaseName::failed: return "failed";
  case PhaseName::done: return "done";
  }
  return {};
}

std::string_view word(Verdict verdict) {
  switch (verdict) {
  case Verdict::starting: return "starting";
  case Verdict::working: return "working";
  case Verdict::degraded: return "degraded";
  case Verdict::broken: return "broken";
  case Verdict::stopping: return "stopping";
  case Verdict::stopped: return "stopped";
  case Verdict::failed: return "failed";
  }
  return {};
}

std::string words(const ExitStatus& exit) {
  if (exit.oom) return "killed: out of memory";
  if (exit.signal != 0) return "ended by " + signal_name(exit.signal);
  return "exit code " + std::to_string(exit.code);
}

std::string words(const Stack& stack, const Why& why) {
  std::string text = cause_words(stack, why);
  if (why.pause != Duration{}) text += "; next start after " + format_span(why.pause);
  if (why.window != Duration{})
    text += "; " + std::to_string(why.spent) + " restarts within " + format_span(why.window) + " are spent";
  return text;
}

std::string verdict_words(const Stack& stack) {
  const auto& missing = stack.critical_missing().empty() ? stack.others_missing() : stack.critical_missing();
  const Verdict verdict = stack.verdict();
  if (stack.state().given_up) return words(stack, stack.state().given_up_why);
  if (missing.empty() && stack.state().door_held)
    return "the door is held closed" + by(stack.state().door_by);
  if (missing.empty() || verdict == Verdict::stopped || verdict == Verdict::stopping) return {};
  // A failed service says more than those that wait for it.
  ServiceId worst = *missing.begin();
  for (const ServiceId id : missing)
    if (std::holds_alternative<Failed>(stack.service(id).phase)) worst = id;
  return standing(stack, worst);
}

std::string standing(const Stack& stack, ServiceId id) {
  const Service& service = stack.service(id);
  const bool speaks = std::holds_alternative<Starting>(service.phase) && !service.status_text.empty();
  const std::string why = speaks ? service.status_text : words(stack, service.why);
  const std::string text = stack.spec(id).name + " is " + std::string(word(name_of(service.phase)));
  return why.empty() ? text : text + ": " + why;
}

} // namespace holdfast::model
