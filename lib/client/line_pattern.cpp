#include "client/line_pattern.h"

#include <algorithm>
#include <cstring>
#include <re2/re2.h>

namespace holdfast::client {
namespace {

/// Whether it may ask for the ends of the text, match any byte, or switch flags off: then lines are looked at
/// one by one. Too careful an answer costs time alone.
bool asks_for_more_than_lines(std::string_view expression) {
  for (std::size_t at = 0; at + 1 < expression.size(); ++at) {
    const std::string_view pair = expression.substr(at, 2);
    if (pair == "\\A" || pair == "\\z" || pair == "\\C") return true;
    if (pair != "(?") continue;
    const std::string_view flags = expression.substr(at, expression.find_first_of(":)<", at) - at);
    if (flags.find('-') != std::string_view::npos) return true;
  }
  return false;
}

} // namespace

Result<LinePattern> LinePattern::compile(const std::string& expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_nl(true);
  auto compiled = std::make_shared<const RE2>("(?m)" + expression, options);
  // In the words of who wrote it.
  if (!compiled->ok()) {
    const RE2 alone(expression, options);
    return Error{alone.ok() ? compiled->error() : alone.error()};
  }
  LinePattern pattern;
  pattern.expression_ = std::move(compiled);
  if (expression.find_first_of("\\.+*?()[]{}^$|\n") == std::string::npos) pattern.literal_ = expression;
  pattern.spans_lines_ = asks_for_more_than_lines(expression);
  return pattern;
}

std::size_t LinePattern::find(std::string_view text, std::size_t from) const {
  if (from >= text.size()) return std::string_view::npos;
  if (!literal_.empty()) {
    const void* const found =
        ::memmem(text.data() + from, text.size() - from, literal_.data(), literal_.size());
    return found == nullptr ? std::string_view::npos
                            : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  }
  const auto within = [&](std::size_t begin, std::size_t end) {
    re2::StringPiece match;
    const re2::StringPiece part(text.data() + begin, end - begin);
    if (!expression_->Match(part, 0, part.size(), RE2::UNANCHORED, &match, 1)) return std::string_view::npos;
    return static_cast<std::size_t>(match.data() - text.data());
  };
  // Behind the last newline there is no line.
  const std::size_t text_end = text.size() - (text.back() == '\n' ? 1 : 0);
  if (!spans_lines_) return within(from, std::max(from, text_end));
  for (std::size_t begin = from; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text_end);
    if (const std::size_t at = within(begin, end); at != std::string_view::npos) return at;
    begin = end + 1;
  }
  return std::string_view::npos;
}

} // namespace holdfast::client
