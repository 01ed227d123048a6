#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace holdfast::client {

/// A regular expression (the syntax of RE2, UTF-8) that is looked for in lines: ^ and $ are where a line
/// begins and ends, and nothing of it matches a newline. Matching takes time in proportion to the text.
class LinePattern {
public:
  /// The error says what is wrong with the expression.
  [[nodiscard]] static Result<LinePattern> compile(const std::string& expression);

  /// Where in the lines of `text`, from `from` on, it is found: any place within the first line that has it,
  /// its newline included. npos: in none.
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t from) const;

private:
  LinePattern() = default;

  std::shared_ptr<const re2::RE2> expression_;
  std::string literal_;      ///< where nothing of it is special; empty: something is
  bool spans_lines_ = false; ///< it can tell several lines at once from one
};

} // namespace holdfast::client
