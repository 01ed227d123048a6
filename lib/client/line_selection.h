#pragma once

#include "client/line_pattern.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::client {

/// Which lines are wanted.
struct LineFilter {
  std::optional<LinePattern> pattern; ///< none: whatever they hold
  std::string since; ///< "2026-11-24T06:53:30.123456Z", the moment itself included; empty: from the first on
  std::string until; ///< the same; empty: to the last
  bool needs_times = false; ///< they are to be told, also where neither is given

  [[nodiscard]] bool takes_all() const { return !pattern && since.empty() && until.empty(); }
};

struct WantedLine {
  std::size_t begin = 0;
  std::size_t end = 0;   ///< where its newline is, or the text ends
  std::string_view time; ///< its own or, where it has none, of the line before it; valid until the next call
};

/// Finds the lines that are wanted in a text that comes block by block, and knows the times of those that
/// begin with none.
class LineSelection {
public:
  /// `filter` is borrowed.
  explicit LineSelection(const LineFilter& filter) : filter_(&filter) {}

  /// The first one in `block` from `from`, the beginning of a line, on. A block is whole lines, or a piece of
  /// one that has no newline.
  [[nodiscard]] std::optional<WantedLine> find(std::string_view block, std::size_t from);

  /// The block is behind us: the next one goes on with the times of this one.
  void leave(std::string_view block);

  /// What comes next is another text.
  void forget();

private:
  [[nodiscard]] std::string_view time_of(std::string_view block, std::size_t line);
  [[nodiscard]] bool is_in_time(std::string_view time) const;

  const LineFilter* filter_;
  std::string time_;         ///< of the last line that had one, up to known_to_
  std::size_t known_to_ = 0; ///< in the present block
};

} // namespace holdfast::client
