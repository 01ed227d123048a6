#include "readiness_rules.h"

#include "public_state.h"

#include <algorithm>

namespace holdfast::sim {

using namespace model;

namespace {

const Probe* asked_probe(const ServiceSpec& spec, ProbeRole role) {
  switch (role) {
  case ProbeRole::ready: return is_asked(spec.ready.kind) ? &spec.ready : nullptr;
  case ProbeRole::progress: return spec.progress ? &*spec.progress : nullptr;
  case ProbeRole::live: return spec.live ? &spec.live->probe : nullptr;
  }
  return nullptr;
}

bool may_ask(PhaseName phase, ProbeRole role) {
  const bool runs = phase == PhaseName::ready || phase == PhaseName::unready;
  switch (role) {
  case ProbeRole::ready: return runs || phase == PhaseName::starting;
  case ProbeRole::progress: return phase == PhaseName::starting;
  case ProbeRole::live: return runs;
  }
  return false;
}

bool is_found_ready(const Event& event, ServiceId id, RunNumber run) {
  const auto* returned = std::get_if<EngineReturned>(&event);
  if (returned == nullptr) return false;
  return std::any_of(returned->found.begin(), returned->found.end(), [&](const FoundRun& found) {
    return found.service == id && found.run == run && found.was_ready;
  });
}

} // namespace

void ReadinessRules::open(const Stack& stack) {
  books_.assign(stack.size(), {});
  pressure_since_ = never;
  woke_ = never;
}

bool ReadinessRules::distrusts(MonoTime now) const {
  const bool pressed = pressure_since_ != never && now < pressure_since_ + 5min;
  return pressed || (woke_ != never && now < woke_ + 10s);
}

void ReadinessRules::note_event(const Step& step, const Accounts& accounts) {
  books_.resize(step.stack.size());
  if (const auto* answer = std::get_if<ProbeAnswered>(&step.event))
    return note_answer(step, *answer, accounts);
  if (const auto* word = std::get_if<ServiceNotified>(&step.event)) return note_word(step, *word);
  if (const auto* memory = std::get_if<MemoryShort>(&step.event)) return note_memory(step, *memory);
  if (const auto* pressure = std::get_if<PressureSeen>(&step.event)) {
    if (!pressure->high)
      pressure_since_ = never;
    else if (pressure_since_ == never)
      pressure_since_ = step.now.mono;
  } else if (std::holds_alternative<MachineWoke>(step.event)) {
    woke_ = step.now.mono;
  } else if (std::holds_alternative<EngineReturned>(step.event)) {
    for (std::uint32_t i = 0; i < accounts.size(); ++i) {
      for (Row& row : books_[i].rows)
        row.asked = 0;
      // The new engine may know of it, or not.
      books_[i].put_off = books_[i].put_off || is_spared(books_[i]);
      books_[i].recovers = books_[i].unseen = false;
    }
  } else if (std::holds_alternative<ConfigurationChanged>(step.event)) {
    for (Book& book : books_)
      book.probes_changed = true;
  }
}

void ReadinessRules::note_answer(const Step& step, const ProbeAnswered& answer, const Accounts& accounts) {
  if (books_[answer.service.index].run != answer.run) return;
  Row& counted = row(answer.service, answer.role);
  if (answer.question == 0 || counted.asked != answer.question) return;
  counted.asked = 0;
  ProbeOutcome outcome = answer.outcome;
  if (outcome == ProbeOutcome::failed && distrusts(step.now.mono)) outcome = ProbeOutcome::unknown;
  const bool is_ready = accounts[answer.service].phase == PhaseName::ready;
  switch (outcome) {
  case ProbeOutcome::succeeded:
    counted = {.asked = 0, .failures = 0, .successes = counted.successes + 1};
    break;
  case ProbeOutcome::failed: counted = {.asked = 0, .failures = counted.failures + 1, .successes = 0}; break;
  case ProbeOutcome::starting: {
    // It lives; but whoever was ready and says that is not ready any more.
    const bool gates = answer.role == ProbeRole::ready;
    counted = {.asked = 0,
               .failures = gates && is_ready ? counted.failures + 1 : 0,
               .successes = gates ? 0 : counted.successes + 1};
    break;
  }
  case ProbeOutcome::unknown:
  case ProbeOutcome::unseen: break;
  }
  if (answer.role == ProbeRole::ready)
    note_holds(step.stack.spec(answer.service), books_[answer.service.index], outcome);
}

void ReadinessRules::note_holds(const ServiceSpec& spec, Book& book, ProbeOutcome outcome) {
  const Row& counted = book.rows[static_cast<std::size_t>(ProbeRole::ready)];
  if (outcome == ProbeOutcome::starting) book.recovers = true;
  if (outcome == ProbeOutcome::succeeded) book.recovers = false;
  if (outcome == ProbeOutcome::failed && counted.failures >= spec.ready.failures) book.recovers = false;
  book.unseen = outcome == ProbeOutcome::unseen;
  book.put_off = book.put_off || is_spared(book);
}

void ReadinessRules::note_word(const Step& step, const ServiceNotified& word) {
  Book& book = books_[word.service.index];
  // The first word may overtake the news of the birth, not the request.
  if (book.run != word.run) return;
  book.said_ready = book.said_ready || word.ready;
  book.said_stopping = word.stopping;
  if (word.extend) book.deadline = std::max(book.deadline, step.now.mono + *word.extend);
}

void ReadinessRules::note_memory(const Step& step, const MemoryShort& memory) {
  Book& book = books_[memory.service.index];
  if (book.run != memory.run) return;
  if (!memory.is_short)
    book.short_since = never;
  else if (book.short_since == never)
    book.short_since = step.now.mono;
}

void ReadinessRules::begin(const Step& step, ServiceId id) {
  Book& book = books_[id.index];
  book = {};
  book.run = step.stack.service(id).last_run;
  book.begun = step.now.mono;
  book.deadline = step.now.mono + step.stack.spec(id).start_within;
  book.was_ready = is_found_ready(step.event, id, book.run);
}

void ReadinessRules::check(const Step& step, const AskProbe& question, const Accounts& accounts,
                           Findings& findings) {
  const ServiceId id = question.service;
  const Probe* probe = asked_probe(step.stack.spec(id), question.role);
  const Account& account = accounts[id];
  const bool external = is_external(step.stack, id);
  if (probe == nullptr) return findings.add(step.stack, id, "a question that its configuration has not");
  // What lives elsewhere is looked at anew in the step in which a look at it ends.
  if (!external && question.run != step.stack.service(id).last_run)
    findings.add(step.stack, id, "a question about another run");
  if (!external && !account.launched) findings.add(step.stack, id, "a question before its birth is known");
  // It may be asked and stopped within one step.
  if (!may_ask(name_of(step.stack.service(id).phase), question.role) &&
      !may_ask(account.phase, question.role))
    findings.add(step.stack, id, "a question that its phase has not");
  if (books_[id.index].run != question.run) begin(step, id);
  Row& asked = row(id, question.role);
  if (asked.asked != 0 && !books_[id.index].probes_changed)
    findings.add(step.stack, id, "asked again before the answer");
  asked.asked = question.question;
  if (!external && !books_[id.index].probes_changed && step.now.mono < account.launched_at + probe->quiet)
    findings.add(step.stack, id, "asked in the quiet time");
}

void ReadinessRules::check(const Step& step, ServiceId id, const Accounts& accounts, Findings& findings) {
  const Account& account = accounts[id];
  const Service& service = step.stack.service(id);
  const bool is_same_run = books_[id.index].run == service.last_run;
  if (has_run(step.stack, id) && !is_same_run) begin(step, id);
  const PhaseName phase = name_of(service.phase);
  if (phase == PhaseName::starting) check_again(step, id, account, is_same_run, findings);
  if (phase == PhaseName::starting) check_late(step, id, account, findings);
  Book& book = books_[id.index];
  // What is short of memory as it starts has the time of its start.
  if (phase == PhaseName::ready && account.phase == PhaseName::starting && book.short_since != never)
    book.short_since = step.now.mono;
  if (phase == PhaseName::ready || phase == PhaseName::unready) check_memory(step, id, findings);
  if (phase == account.phase) return;
  if (phase == PhaseName::ready) check_ready(step, id, account, findings);
  if (phase == PhaseName::unready) check_unready(step, id, findings);
  if (phase == PhaseName::stopping && !service.leaving) check_reason(step, id, account, findings);
}

void ReadinessRules::check_ready(const Step& step, ServiceId id, const Account& account, Findings& findings) {
  Book& book = books_[id.index];
  const ServiceSpec& spec = step.stack.spec(id);
  // One that leaves may be a task from its next run on.
  if (spec.task && !step.stack.service(id).leaving) findings.add(step.stack, id, "a task is ready");
  if (!is_external(step.stack, id) && !account.launched)
    findings.add(step.stack, id, "ready before its birth is known");
  if (account.exited) findings.add(step.stack, id, "ready after its exit");
  // Found again by a new engine or asked otherwise since a reload, it may have shown itself before.
  if (book.probes_changed) return;
  bool shown = false;
  switch (spec.ready.kind) {
  case ProbeKind::running: shown = account.launched_at + spec.ready.running <= step.now.mono; break;
  case ProbeKind::notify: shown = book.said_ready; break;
  case ProbeKind::exec:
  case ProbeKind::observed: shown = row(id, ProbeRole::ready).successes >= spec.ready.successes; break;
  }
  if (!shown && !shows_once(spec, book)) findings.add(step.stack, id, "ready without having shown it");
}

/// Who is asked is asked again by an engine that knows nothing; the others said it to the one before.
bool ReadinessRules::shows_once(const ServiceSpec& spec, const Book& book) {
  return book.was_ready && !is_asked(spec.ready.kind) && !spec.task;
}

void ReadinessRules::check_again(const Step& step, ServiceId id, const Account& account, bool is_same_run,
                                 Findings& findings) const {
  const bool was_up = account.phase == PhaseName::ready || account.phase == PhaseName::unready;
  if (is_same_run && was_up) findings.add(step.stack, id, "was ready and starts again in the same run");
  const Book& book = books_[id.index];
  if (!book.probes_changed && shows_once(step.stack.spec(id), book))
    findings.add(step.stack, id, "was ready, and a new engine does not know");
}

void ReadinessRules::check_unready(const Step& step, ServiceId id, Findings& findings) {
  Book& book = books_[id.index];
  const ServiceSpec& spec = step.stack.spec(id);
  const auto* word = std::get_if<ServiceNotified>(&step.event);
  const bool said = word != nullptr && word->service == id && word->stopping;
  const bool late = is_external(step.stack, id) &&
                    std::min(book.deadline, book.begun + spec.progress_up_to) <= step.now.mono;
  const bool row_full = row(id, ProbeRole::ready).failures >= spec.ready.failures;
  if (!said && !late && !row_full && !book.probes_changed)
    findings.add(step.stack, id, "unready without a reason");
  // What it was spared for counts again from its next answer on.
  if (!std::holds_alternative<ProbeAnswered>(step.event)) book.recovers = book.unseen = false;
  // One that is only late goes on being asked.
  if (late && !row_full) return;
  book.said_ready = false;
  row(id, ProbeRole::ready).successes = 0;
}

void ReadinessRules::check_reason(const Step& step, ServiceId id, const Account& account,
                                  Findings& findings) {
  const Book& book = books_[id.index];
  const ServiceSpec& spec = step.stack.spec(id);
  const Service& service = step.stack.service(id);
  if (account.exited || book.probes_changed || std::holds_alternative<EngineReturned>(step.event)) return;
  const bool was_starting = account.phase == PhaseName::starting || account.phase == PhaseName::waiting;
  const MonoTime now = step.now.mono;
  // Nobody ends a recovery, nor what nobody is there to ask, before progress_up_to is over.
  const bool start_counts = !is_spared(book) || account.spawned + spec.progress_up_to <= now;
  const bool late = was_starting &&
                    ((start_counts && book.deadline <= now) || account.spawned + spec.progress_up_to <= now);
  const bool silence_counts = !is_spared(book) || account.since + spec.progress_up_to <= now;
  const bool unready_too_long =
      account.phase == PhaseName::unready && silence_counts &&
      (account.since + spec.unready_within <= now || account.since + spec.progress_up_to <= now);
  const bool not_live =
      spec.live && spec.live->then == LiveAction::restart &&
      books_[id.index].rows[static_cast<std::size_t>(ProbeRole::live)].failures >= spec.live->probe.failures;
  const bool could_be_short = account.phase == PhaseName::ready || account.phase == PhaseName::unready;
  if (!late && !unready_too_long && !not_live && !(could_be_short && short_too_long(step, id)))
    findings.add(step.stack, id, "its end was begun without a reason");
  static_cast<void>(service);
}

bool ReadinessRules::short_too_long(const Step& step, ServiceId id) const {
  const MonoTime since = books_[id.index].short_since;
  return since != never && since + step.stack.spec(id).unready_within <= step.now.mono;
}

void ReadinessRules::check_memory(const Step& step, ServiceId id, Findings& findings) {
  const bool caught_up = std::holds_alternative<DeadlinePassed>(step.event);
  if (caught_up && !step.stack.service(id).leaving && short_too_long(step, id))
    findings.add(step.stack, id, "goes on though it was short of memory for too long");
}

void ReadinessRules::check_late(const Step& step, ServiceId id, const Account& account, Findings& findings) {
  const Book& book = books_[id.index];
  const auto& starting = std::get<Starting>(step.stack.service(id).phase);
  const bool caught_up = std::holds_alternative<DeadlinePassed>(step.event);
  if (!caught_up || step.stack.service(id).leaving || book.probes_changed) return;
  if (starting.deadline == never && !starting.held) findings.add(step.stack, id, "starts without a deadline");
  if (step.stack.spec(id).progress || book.put_off || account.phase != PhaseName::starting) return;
  if (book.deadline < step.now.mono) findings.add(step.stack, id, "starts beyond its deadline");
}

} // namespace holdfast::sim
