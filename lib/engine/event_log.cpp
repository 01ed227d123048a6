#include "engine/event_log.h"

#include "model/words.h"

namespace holdfast::engine {
namespace {

constexpr std::size_t most_records = 4096;

EventRecord record(const model::Stack& stack, const model::ReportPhase& report) {
  EventRecord event;
  event.service = stack.spec(report.service).name;
  event.run = report.run.value;
  event.from = model::word(report.from);
  event.to = model::word(report.to);
  event.why = model::words(stack, report.why);
  event.took = report.took;
  return event;
}

EventRecord record(const model::Stack& stack, const model::ReportTrouble& report) {
  EventRecord event;
  event.service = stack.spec(report.service).name;
  event.run = report.run.value;
  event.from = event.to = model::word(model::name_of(stack.service(report.service).phase));
  event.why = model::words(stack, report.why);
  return event;
}

EventRecord record(const model::Stack& stack, const model::ReportVerdict& report) {
  EventRecord event;
  event.from = model::word(report.from);
  event.to = model::word(report.to);
  event.why = model::verdict_words(stack);
  if (report.to == model::Verdict::working)
    event.why = std::to_string(stack.wanted_up()) + " of " + std::to_string(stack.wanted()) + " services";
  return event;
}

} // namespace

void EventLog::add(EventRecord record) {
  record.sequence = ++last_;
  records_.push_back(std::move(record));
  if (records_.size() > most_records) records_.pop_front();
}

std::optional<EventRecord> record_of(const model::Stack& stack, const model::Action& action, WallTime time) {
  std::optional<EventRecord> event;
  if (const auto* phase = std::get_if<model::ReportPhase>(&action))
    event = record(stack, *phase);
  else if (const auto* trouble = std::get_if<model::ReportTrouble>(&action))
    event = record(stack, *trouble);
  else if (const auto* verdict = std::get_if<model::ReportVerdict>(&action))
    event = record(stack, *verdict);
  if (event) event->time = time;
  return event;
}

} // namespace holdfast::engine
