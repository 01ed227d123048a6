#pragma once

#include "base/time.h"
#include "engine/record_writer.h"
#include "model/events.h"
#include "model/stack.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace holdfast::engine {

/// Writes down each event that enters the model (model/record.h), so that what happened can be played again.
///
/// The loop only lays bytes into memory; a thread of its own writes them, since the disk may stand still.
/// What waits for it is bounded: what finds no room is lost, and so is what cannot be written. Behind a loss
/// nothing can be played, so a new segment, which begins with the state itself, is begun as soon as there is
/// room again (or a while after an error), and says how many events are in none.
class Recorder {
public:
  struct Options {
    std::string directory;                    ///< made where it is missing; its parent must be there
    std::uint64_t segment_size = 4U << 20;    ///< of entries; a segment's head comes in addition
    std::uint64_t kept = 12U << 20;           ///< of segments before the present one
    std::size_t most_waiting = 2U << 20;      ///< bytes that a slow disk may owe
    std::function<void(std::string)> trouble; ///< told when it begins, from any thread
  };
  explicit Recorder(Options options);

  /// To be called before the model takes an event, with the time at which it will.
  void before(const model::Stack& stack, const Now& now);
  /// To be called after it, and before its actions are carried out: they may be our end.
  void after(const model::Event& event, const Now& now, const model::Actions& actions);

  /// Waits until all is written, at most so long. Whether it is.
  bool drain(Duration within) { return writer_.drain(within); }
  /// Events that are in no segment, since the start.
  [[nodiscard]] std::uint64_t lost() const { return lost_ + writer_.lost(); }

private:
  std::uint64_t segment_size_;
  std::function<void(std::string)> trouble_;
  RecordWriter writer_;
  bool in_segment_ = false;
  std::uint64_t size_ = 0;           ///< of the present segment's entries
  MonoTime again_ = MonoTime::min(); ///< no segment is begun before
  std::uint64_t lost_ = 0;           ///< without what the writer lost
};

} // namespace holdfast::engine
