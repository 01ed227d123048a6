#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::client {

enum class Colour { none, green, yellow, red, dim, blue, magenta, cyan };

/// Where a command's output goes: a terminal, with colours and lines that are written over, or anything else,
/// in plain text.
class Terminal {
public:
  /// Both descriptors are borrowed. Colours: on a terminal only, not with NO_COLOR set or TERM=dumb.
  Terminal(int out, int err);

  /// Writes all of it. False when nobody reads any more: the command has nothing left to do.
  [[nodiscard]] bool write(std::string_view text);
  void write_error(std::string_view text);
  /// One line on the error output: "holdfast: MESSAGE". Control characters are escaped.
  void complain(std::string_view message);

  /// One line that the next one, or the next text, replaces on a terminal; elsewhere a line like any other.
  [[nodiscard]] bool progress(std::string_view line);
  /// Takes the line of progress away again.
  void clear_progress();

  [[nodiscard]] bool is_terminal() const { return terminal_; }
  /// The text in a colour where there are colours.
  [[nodiscard]] std::string in(Colour colour, std::string_view text) const;

  struct Size {
    std::size_t rows = 24;
    std::size_t columns = 80;
  };
  [[nodiscard]] Size size() const;

private:
  int out_;
  int err_;
  bool terminal_;
  bool colours_;
  bool progress_shown_ = false;
};

} // namespace holdfast::client
