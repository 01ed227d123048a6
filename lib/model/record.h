#pragma once
// The record: what entered the model, as bytes that can be played again. A segment stands for itself: its
// head has the spec and the state at its beginning, then comes an entry for each event, with the time at
// which it was taken and a digest of what was decided.
//
//   head   sealed (envelope.h): how many events were lost before it, the spec, the state
//   entry  4 bytes length, 4 bytes checksum, then: Now, digest, event
//
// A writer that is killed leaves a last entry that is not whole: that is no damage, the segment ends there.

#include "base/result.h"
#include "base/time.h"
#include "model/events.h"
#include "model/stack.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::model {

/// The head of a segment that goes on from this stack. `lost`: events since the last segment that are in
/// none.
[[nodiscard]] std::string segment_head(const Stack& stack, std::uint64_t lost);

/// `actions` are what step() decided about `event`.
[[nodiscard]] std::string segment_entry(const Event& event, const Now& now, const Actions& actions);

/// The same decisions have the same digest.
[[nodiscard]] std::uint32_t digest(const Actions& actions);

/// A segment played through the model of this build.
class Replay {
public:
  /// `segment` is a whole file. Refused: what is no segment of a format that this build reads, or damaged in
  /// its head.
  [[nodiscard]] static Result<Replay> open(std::string segment);

  struct Moment {
    Now now;
    Event event;
    Actions actions;      ///< decided now
    bool differs = false; ///< from what was decided then
  };
  /// The next event, taken by stack(). Nothing at the end. An error where the bytes are damaged: nothing
  /// behind that can be played.
  [[nodiscard]] Result<std::optional<Moment>> next();

  [[nodiscard]] const Stack& stack() const { return stack_; }
  [[nodiscard]] std::uint64_t lost_before() const { return lost_; }
  /// Bytes behind the last entry that was played.
  [[nodiscard]] std::size_t unread() const { return bytes_.size() - at_; }

private:
  Replay(std::string bytes, std::size_t at, std::uint64_t lost, Stack stack)
      : bytes_(std::move(bytes)), at_(at), lost_(lost), stack_(std::move(stack)) {}

  /// The content of the next entry; empty at the end.
  [[nodiscard]] Result<std::string_view> next_entry();

  std::string bytes_;
  std::size_t at_; ///< of the next entry
  std::uint64_t lost_;
  Stack stack_;
};

} // namespace holdfast::model
