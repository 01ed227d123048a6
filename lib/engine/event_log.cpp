#include "engine/event_log.h"

#include "model/words.h"

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast::engine {
namespace {

/// No reader shows more, and a record has to fit into the ring.
constexpr std::size_t longest_why = 16U << 10;

void cut(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  // Not within a character.
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80)
    --most;
  text.resize(most);
}

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

EventLog::EventLog(EventRing ring)
    : records_(ring.records()), last_(ring.last()), told_(std::min(ring.told(), last_)), filed_(ring.filed()),
      ring_(std::move(ring)) {
  while (records_.size() > most_records)
    records_.pop_front();
}

void EventLog::add(EventRecord record) {
  record.sequence = ++last_;
  cut(record.why, longest_why);
  if (ring_) ring_->add(record);
  records_.push_back(std::move(record));
  if (records_.size() > most_records) records_.pop_front();
}

void EventLog::take_back_after(std::uint64_t sequence) {
  sequence = std::max(sequence, told_);
  if (sequence >= last_) return;
  if (ring_) ring_->take_back_after(sequence);
  while (!records_.empty() && records_.back().sequence > sequence)
    records_.pop_back();
  last_ = sequence;
}

const EventRecord* EventLog::untold() const {
  if (told_ >= last_ || records_.empty()) return nullptr;
  const std::uint64_t oldest = records_.front().sequence;
  return &records_[std::max(told_ + 1, oldest) - oldest];
}

void EventLog::told() {
  const EventRecord* const record = untold();
  if (record == nullptr) return;
  told_ = record->sequence;
  if (ring_) ring_->set_told(told_);
}

void EventLog::set_filed(const FiledEvents& filed) {
  filed_ = filed;
  if (ring_) ring_->set_filed(filed);
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
