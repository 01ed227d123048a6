#pragma once

#include "engine/control_port.h"
#include "engine/event_ring.h"

#include <deque>
#include <optional>

namespace holdfast::engine {

/// The last events. A step's are added when it is decided, before its actions are carried out, and told when
/// there is time for it: what was not told when an engine died is told by the next.
class EventLog {
public:
  static constexpr std::size_t most_records = 4096;

  /// They end with this engine.
  EventLog() = default;
  /// They are what the ring has, and stay there.
  explicit EventLog(EventRing ring);

  /// Gives it the next number. A reason that is longer than any reader can use is cut.
  void add(EventRecord record);
  /// Takes back the newest, all with higher numbers: those of a step that was not saved. What was told stays.
  void take_back_after(std::uint64_t sequence);
  /// Oldest first, numbers without gaps.
  [[nodiscard]] const std::deque<EventRecord>& records() const { return records_; }
  /// The number of the newest.
  [[nodiscard]] std::uint64_t last() const { return last_; }

  /// The oldest that is still to be told; null: all are.
  [[nodiscard]] const EventRecord* untold() const;
  /// What untold() gave is told.
  void told();

  /// How far they are written down (control/event_file.h).
  [[nodiscard]] FiledEvents filed() const { return filed_; }
  void set_filed(const FiledEvents& filed);

private:
  std::deque<EventRecord> records_;
  std::uint64_t last_ = 0;
  std::uint64_t told_ = 0;
  FiledEvents filed_;
  std::optional<EventRing> ring_;
};

/// The record of one action that reports; nothing for the other actions.
[[nodiscard]] std::optional<EventRecord> record_of(const model::Stack& stack, const model::Action& action,
                                                   WallTime time);

} // namespace holdfast::engine
