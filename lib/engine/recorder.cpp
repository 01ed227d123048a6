#include "engine/recorder.h"

#include "model/record.h"

#include <utility>

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;

/// A full disk is not asked at each event.
constexpr Duration pause_after_error = 10s;

} // namespace

Recorder::Recorder(Options options)
    : segment_size_(options.segment_size), trouble_(options.trouble),
      writer_({.ring = {.directory = std::move(options.directory), .ending = ".record", .kept = options.kept},
               .most_waiting = options.most_waiting,
               .trouble = std::move(options.trouble)}) {}

void Recorder::before(const model::Stack& stack, const Now& now) {
  if (in_segment_ && size_ < segment_size_) return;
  in_segment_ = now.mono >= again_ && writer_.has_room();
  if (!in_segment_) return;
  writer_.begin(model::segment_head(stack, lost()));
  size_ = 0;
}

void Recorder::after(const model::Event& event, const Now& now, const model::Actions& actions) {
  if (!in_segment_) {
    ++lost_;
    return;
  }
  const std::string entry = model::segment_entry(event, now, actions);
  const auto added = writer_.add(entry);
  size_ += entry.size();
  if (added == RecordWriter::Added::yes) return;
  ++lost_;
  in_segment_ = false;
  if (added == RecordWriter::Added::broken)
    again_ = later(now.mono, pause_after_error);
  else if (lost_ == 1)
    trouble_("the record of events: the disk is too slow for it");
}

} // namespace holdfast::engine
