#pragma once

#include "client/line_selection.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::client {

/// A line, or a piece of one. Its texts are valid until its window's next call.
struct LineView {
  std::string_view text; ///< without its newline
  std::string_view time; ///< see WantedLine
  bool ends = true;      ///< with a newline; else more of it may follow
};

/// The part of a text that is in memory at a time. A line longer than 64 KiB may come in pieces, each of
/// which is selected by itself.
class LineWindow {
public:
  explicit LineWindow(const LineFilter& filter) : selection_(filter) {}

  /// The next line that is wanted; nothing: there is none in what was read.
  [[nodiscard]] std::optional<LineView> next();

  /// Room for what comes next in the text, never none; how much of it was filled is told by filled().
  /// Precondition: next() had nothing.
  [[nodiscard]] std::span<char> room();
  void filled(std::size_t size);

  /// What stands behind the last newline, for when nothing follows it.
  [[nodiscard]] std::optional<LineView> rest();

  /// What was read and not taken is dropped, and what comes next is another text.
  void clear();

private:
  [[nodiscard]] bool take_piece();

  LineSelection selection_;
  std::string bytes_;
  std::size_t block_ = 0; ///< where the lines begin that are being taken
  std::size_t at_ = 0;    ///< what of them is taken
  std::size_t whole_ = 0; ///< where they end
  std::size_t end_ = 0;   ///< of what was read
};

} // namespace holdfast::client
