#include "restart_rules.h"

#include "public_state.h"

#include <algorithm>
#include <cerrno>

namespace holdfast::sim {

using namespace model;

namespace {

/// d(n) of DESIGN.md, in one expression: n doublings are far beyond any `up_to` long before they overflow.
Duration delay_of(const RestartPolicy& policy, unsigned n) {
  return std::min<Duration>(policy.up_to, policy.delay * (1LL << std::min(n - 1, 20U)));
}

} // namespace

void RestartRules::open(const Stack& stack) {
  books_.assign(stack.size(), {});
  for (std::uint32_t i = 0; i < stack.size(); ++i)
    books_[i].restarts = stack.service({i}).restarts;
}

bool RestartRules::is_forgiving(const Step& step) const {
  return stack_restarted_ || std::holds_alternative<CommandAsked>(step.event) ||
         std::holds_alternative<StackStarted>(step.event) ||
         std::holds_alternative<ConfigurationChanged>(step.event);
}

void RestartRules::forgive(const Step& step, ServiceId id) {
  const Service& service = step.stack.service(id);
  Book& book = books_[id.index];
  if (!is_forgiving(step) || !service.charges.empty() || service.unsettled != 0) return;
  book.charges.clear();
  book.unsettled = 0;
  book.spent = false;
}

void RestartRules::note_run(const Step& step, ServiceId id, const Account& account) {
  Book& book = books_[id.index];
  const auto* exited = std::get_if<ProcessExited>(&step.event);
  if (exited != nullptr && exited->service == id && exited->run == book.run) book.exit = exited->status;
  const bool stays_ready =
      name_of(step.stack.service(id).phase) == PhaseName::ready && account.exists && account.run == book.run;
  if (account.phase != PhaseName::ready || stays_ready) return;
  if (step.now.mono - account.since < step.stack.spec(id).restart.settled) return;
  book.settled = true;
  book.unsettled = 0;
}

void RestartRules::note_end_begun(const Step& step, ServiceId id, const Account& account, bool over) {
  Book& book = books_[id.index];
  if (book.ends || (!over && !is_stopping(step.stack, id))) return;
  book.ends = true;
  const bool leaves = over ? account.leaving : step.stack.service(id).leaving;
  book.by_exit = std::holds_alternative<ProcessExited>(step.event);
  book.charged = !leaves && !std::holds_alternative<EngineReturned>(step.event);
}

void RestartRules::check(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) {
  books_.resize(step.stack.size());
  const Account& account = accounts[id];
  const Service& service = step.stack.service(id);
  Book& book = books_[id.index];
  if (is_external(step.stack, id)) {
    if (service.restarts != 0) findings.add(step.stack, id, "charged though it lives elsewhere");
    return;
  }
  const bool over = book.exists && (!account.exists || account.run != book.run);
  if (book.exists) {
    note_run(step, id, account);
    note_end_begun(step, id, account, over);
  }
  forgive(step, id);
  // Whatever was the matter before: nothing was started.
  const auto* refused = std::get_if<SpawnRefused>(&step.event);
  if (refused != nullptr && refused->service == id && refused->run == book.run) book.charged = false;
  const bool not_born = std::holds_alternative<EngineReturned>(step.event) && !book.launched;
  // Of one whose birth was never told nobody knows any more what it came to.
  if (not_born && !book.exited && (over || account.exited)) book.charged = false;
  if (over) check_end(step, id, account, findings);
  if (service.restarts != book.restarts) findings.add(step.stack, id, "charged without the end of a run");
  if (service.unsettled != book.unsettled) findings.add(step.stack, id, "miscounts unsettled runs");
  check_held(step, id, account, findings);
  book.launched = account.launched;
  book.exited = account.exited;
  if (account.exists && (!book.exists || over)) {
    book.run = account.run;
    book.settled = book.ends = book.charged = book.by_exit = false;
  }
  book.exists = account.exists;
}

void RestartRules::check_end(const Step& step, ServiceId id, const Account& account, Findings& findings) {
  const Service& service = step.stack.service(id);
  const PhaseName phase = name_of(service.phase);
  const auto* failed = std::get_if<SpawnFailed>(&step.event);
  const bool hopeless = failed != nullptr && failed->error != EAGAIN && failed->error != ENOMEM;
  // The stack's restart began all anew within the same step.
  if (stack_restarted_) {
    books_[id.index].restarts = service.restarts;
    return;
  }
  if (!service.wanted) {
    if (phase != PhaseName::down && phase != PhaseName::failed)
      findings.add(step.stack, id, "is not wanted and does not rest");
    if (account.wanted && std::holds_alternative<EngineReturned>(step.event)) note_last_charge(service, id);
    return;
  }
  if (books_[id.index].charged && !account.leaving && !account.starts_fresh && !hopeless)
    return check_charged(step, id, findings);
  if (phase == PhaseName::backoff) findings.add(step.stack, id, "delayed though its run ended by order");
  if (phase == PhaseName::failed && !hopeless)
    findings.add(step.stack, id, "failed though it ended by order");
}

/// Ends are told together when an engine returns: one is counted, and then another gives the stack up.
void RestartRules::note_last_charge(const Service& service, ServiceId id) {
  Book& book = books_[id.index];
  if (!book.charged || service.restarts != book.restarts + 1) return;
  ++book.restarts;
  if (!book.settled) ++book.unsettled;
}

void RestartRules::check_charged(const Step& step, ServiceId id, Findings& findings) {
  Book& book = books_[id.index];
  const ServiceSpec& spec = step.stack.spec(id);
  const PhaseName phase = name_of(step.stack.service(id).phase);
  const bool ended_well = book.by_exit && book.exit.success();
  if (spec.task && ended_well) {
    if (phase != PhaseName::done) findings.add(step.stack, id, "a task that ended well is not done");
    return;
  }
  const RestartPolicy& policy = spec.restart;
  const bool stays_away =
      policy.when == RestartWhen::never || (policy.when == RestartWhen::on_failure && ended_well);
  std::erase_if(book.charges, [&](MonoTime at) { return step.now.mono - at >= policy.window; });
  book.spent = book.charges.size() >= policy.budget;
  if (stays_away || book.spent) {
    if (phase != PhaseName::failed) findings.add(step.stack, id, "restarted beyond its budget or policy");
    return;
  }
  book.charges.push_back(step.now.mono);
  ++book.restarts;
  if (book.settled) {
    if (phase == PhaseName::backoff || phase == PhaseName::failed)
      findings.add(step.stack, id, "had settled and is not started at once");
    return;
  }
  ++book.unsettled;
  check_delay(step, id, findings);
}

void RestartRules::check_delay(const Step& step, ServiceId id, Findings& findings) {
  Book& book = books_[id.index];
  const RestartPolicy& policy = step.stack.spec(id).restart;
  const auto* backoff = std::get_if<Backoff>(&step.stack.service(id).phase);
  if (backoff == nullptr) return findings.add(step.stack, id, "restarted without its delay");
  const Duration least = delay_of(policy, book.unsettled);
  const Duration most = least + least * policy.jitter_percent / 100;
  const Duration delay = backoff->until - step.now.mono;
  if (delay < least || delay > most) findings.add(step.stack, id, "another delay than that of its n");
  book.until = backoff->until;
}

void RestartRules::check_held(const Step& step, ServiceId id, const Account& account,
                              Findings& findings) const {
  const Service& service = step.stack.service(id);
  const PhaseName phase = name_of(service.phase);
  if (phase == account.phase || is_forgiving(step) || !service.wanted) return;
  // A new engine may find what nobody knows of.
  if (std::holds_alternative<EngineReturned>(step.event)) return;
  if (account.phase == PhaseName::failed) findings.add(step.stack, id, "left `failed` without a command");
  if (account.phase == PhaseName::backoff && step.now.mono < books_[id.index].until)
    findings.add(step.stack, id, "left `backoff` too soon");
}

} // namespace holdfast::sim
