#pragma once

#include "engine/control_port.h"

#include <deque>

namespace holdfast::engine {

/// The last events, in memory.
class EventLog {
public:
  void add(EventRecord record);
  [[nodiscard]] const std::deque<EventRecord>& records() const { return records_; }

private:
  std::deque<EventRecord> records_;
  std::uint64_t last_ = 0;
};

/// The record of one action that reports; nothing for the other actions.
[[nodiscard]] std::optional<EventRecord> record_of(const model::Stack& stack, const model::Action& action,
                                                   WallTime time);

} // namespace holdfast::engine
