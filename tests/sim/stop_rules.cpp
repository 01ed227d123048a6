#include "stop_rules.h"

#include "public_state.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

namespace {

const Stopping* stopping_of(const Stack& stack, ServiceId id) {
  return std::get_if<Stopping>(&stack.service(id).phase);
}

/// It had been slowed for want of memory for as long as it may be, and is to end for that.
bool was_short_for_too_long(const Step& step, ServiceId id) {
  const Run* run = run_of(step.stack.service(id).phase);
  return run != nullptr && run->short_since != never &&
         later(run->short_since, step.stack.spec(id).unready_within) <= step.now.mono;
}

} // namespace

void StopRules::open() {
  stack_bound_ = never;
  shutdown_ = false;
}

void StopRules::note_event(const Step& step) {
  const MonoTime bound = later(step.now.mono, step.stack.spec().stop_within);
  if (shutdown_) return;
  if (std::holds_alternative<ShutdownAsked>(step.event)) {
    shutdown_ = true;
    stack_bound_ = bound;
  } else if (const auto* asked = std::get_if<CommandAsked>(&step.event)) {
    const bool stops_all = asked->verb == Verb::stop && asked->services.empty();
    if (stops_all && stack_bound_ == never) stack_bound_ = bound;
    if (asked->verb != Verb::stop) stack_bound_ = never;
  } else if (std::holds_alternative<StackStarted>(step.event)) {
    stack_bound_ = never;
  }
}

void StopRules::note_given_up(const Step& step) {
  shutdown_ = true;
  stack_bound_ = later(step.now.mono, step.stack.spec().stop_within);
}

void StopRules::check(const Step& step, const Signal& signal, const Accounts& accounts, Findings& findings) {
  const Account& account = accounts[signal.service];
  const ServiceSpec& spec = step.stack.spec(signal.service);
  check_rung(step, signal.service, signal.run, accounts, findings);
  if (account.exited && !signal.to_all) findings.add(step.stack, signal.service, "a signal to nobody");
  if (account.ladder_changed || account.rungs >= spec.stop.size()) return;
  const Rung& rung = spec.stop[account.rungs];
  if (!rung.exec.empty() || rung.signal != signal.signal || (rung.to_all && !signal.to_all))
    findings.add(step.stack, signal.service, "not the signal of its rung");
}

void StopRules::check(const Step& step, const RunStopProgram& program, const Accounts& accounts,
                      Findings& findings) {
  const Account& account = accounts[program.service];
  const ServiceSpec& spec = step.stack.spec(program.service);
  check_rung(step, program.service, program.run, accounts, findings);
  if (program.rung >= spec.stop.size() || spec.stop[program.rung].exec.empty())
    findings.add(step.stack, program.service, "no program is on that rung");
  else if (!account.ladder_changed && program.rung != account.rungs)
    findings.add(step.stack, program.service, "not the program of its rung");
}

void StopRules::check_rung(const Step& step, ServiceId id, RunNumber run, const Accounts& accounts,
                           Findings& findings) {
  const Account& account = accounts[id];
  const ServiceSpec& spec = step.stack.spec(id);
  if (!account.exists || account.run != run)
    return findings.add(step.stack, id, "a signal to a run that is over");
  if (!account.launched) findings.add(step.stack, id, "a signal before its birth is known");
  if (account.killed != never) findings.add(step.stack, id, "a signal after the kill");
  if (account.rungs == 0) return check_order(step, id, accounts, findings);
  if (account.ladder_changed) return;
  if (account.rungs >= spec.stop.size())
    return findings.add(step.stack, id, "more rungs than its ladder has");
  if (!account.rung_again && step.now.mono < account.last_rung + spec.stop[account.rungs - 1].wait)
    findings.add(step.stack, id, "the next rung too soon");
}

void StopRules::check_order(const Step& step, ServiceId id, const Accounts& accounts,
                            Findings& findings) const {
  // One that does not leave ends for a reason of its own, whoever needs it.
  if (!step.stack.service(id).leaving || stack_bound_ <= step.now.mono) return;
  const Account& account = accounts[id];
  // What is left of a run whose main process is gone serves nobody; one that was about to be born when its
  // end was begun was then in nobody's way.
  if (account.exited || account.phase == PhaseName::stopping) return;
  const bool has_deadline = account.phase == PhaseName::starting || account.phase == PhaseName::unready ||
                            was_short_for_too_long(step, id);
  // Its own time may be over in the same step in which it is to leave.
  if (has_deadline && !account.leaving && std::holds_alternative<DeadlinePassed>(step.event)) return;
  if (!may_be_signalled(step, id, accounts, step.now.mono))
    findings.add(step.stack, id, "signalled before what needs it");
}

bool StopRules::may_be_signalled(const Step& step, ServiceId id, const Accounts& accounts, MonoTime as_of) {
  const auto in_the_way = [&](ServiceId dependent, bool soft) {
    const Account& account = accounts[dependent];
    const bool runs =
        account.exists || (is_external(step.stack, dependent) && has_run(step.stack, dependent));
    if (!runs || account.overdue(as_of)) return false;
    return !soft || step.stack.service(dependent).leaving || is_stopping(step.stack, dependent);
  };
  const auto& dependents = step.stack.dependents(id);
  return std::none_of(dependents.begin(), dependents.end(),
                      [&](const auto& edge) { return in_the_way(edge.id, edge.soft); });
}

void StopRules::check(const Step& step, const KillGroup& kill, const Accounts& accounts, Findings& findings) {
  const Account& account = accounts[kill.service];
  const MonoTime now = step.now.mono;
  if (!account.exists || account.run != kill.run)
    return findings.add(step.stack, kill.service, "a kill of a run that is over");
  if (account.killed != never || stack_bound_ <= now || account.ladder_changed) return;
  const ServiceSpec& spec = step.stack.spec(kill.service);
  const bool by_ladder =
      account.rungs == spec.stop.size() && account.last_rung + spec.stop.back().wait <= now;
  const bool by_leftovers = account.exited && account.exited_at + spec.leftovers <= now;
  const bool by_launch = !account.launched && account.stopping_since + spec.stop.front().wait <= now;
  if (!by_ladder && !by_leftovers && !by_launch) findings.add(step.stack, kill.service, "killed too soon");
}

void StopRules::check_progress(const Step& step, ServiceId id, const Accounts& accounts,
                               Findings& findings) const {
  const Account& account = accounts[id];
  const MonoTime now = step.now.mono;
  const Stopping* stopping = stopping_of(step.stack, id);
  if (stopping == nullptr) {
    // Whose time is over is known to the model when it has looked at what is due.
    const bool looked = std::holds_alternative<DeadlinePassed>(step.event);
    const MonoTime as_of = looked ? step.now.mono : MonoTime{};
    if (step.stack.service(id).leaving && may_be_signalled(step, id, accounts, as_of))
      findings.add(step.stack, id, "leaves, nothing is in its way, and nothing is done");
    return;
  }
  if (stopping->stage == StopStage::overdue) {
    if (!account.overdue(now)) findings.add(step.stack, id, "given up before its kill had its time");
    return;
  }
  if (account.rung_again && stopping->stage == StopStage::ladder)
    findings.add(step.stack, id, "a rung that was not done is left out");
  if (stopping->due > latest_end(step, id, *stopping, account))
    findings.add(step.stack, id, "a stage of its stop has no end in its time");
  if (step.stack.next_deadline() > stopping->due)
    findings.add(step.stack, id, "nobody will look at its stop");
}

MonoTime StopRules::latest_end(const Step& step, ServiceId id, const Stopping& stopping,
                               const Account& account) {
  const ServiceSpec& spec = step.stack.spec(id);
  const MonoTime now = step.now.mono;
  if (account.ladder_changed) return now + longest_stop(spec) + 1h;
  switch (stopping.stage) {
  case StopStage::launching: return now + spec.stop.front().wait;
  case StopStage::ladder:
    return account.rungs == 0 || account.rungs > spec.stop.size()
               ? now
               : account.last_rung + spec.stop[account.rungs - 1].wait;
  case StopStage::leftovers: return account.exited_at + spec.leftovers;
  case StopStage::killed: return now + kill_grace;
  case StopStage::overdue: return never;
  }
  return never;
}

} // namespace holdfast::sim
