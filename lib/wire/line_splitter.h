#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::wire {

/// Cuts a stream of bytes into lines. Holds at most one line of the agreed length and what was fed last;
/// after a longer line it yields nothing more, since what follows cannot be trusted to be the beginning of
/// one.
class LineSplitter {
public:
  explicit LineSplitter(std::size_t longest) : longest_(longest) {}

  void feed(std::string_view bytes);
  /// The next complete line without its newline.
  [[nodiscard]] std::optional<std::string> next();
  /// A line was longer than agreed: next() yields nothing from there on.
  [[nodiscard]] bool overlong() const { return overlong_; }

private:
  std::size_t longest_;
  std::string bytes_;
  std::size_t begin_ = 0;  ///< of the next line
  std::size_t looked_ = 0; ///< no newline in [begin_, looked_)
  bool overlong_ = false;
};

} // namespace holdfast::wire
