#include "client/line_selection.h"

#include "client/log_times.h"

#include <algorithm>
#include <cstring>

namespace holdfast::client {
namespace {

/// Where the line begins that has a byte at `at`; `floor` is the beginning of a line not behind it.
std::size_t line_begin(std::string_view block, std::size_t floor, std::size_t at) {
  const void* const newline = ::memrchr(block.data() + floor, '\n', at - floor);
  return newline == nullptr ? floor
                            : static_cast<std::size_t>(static_cast<const char*>(newline) - block.data()) + 1;
}

} // namespace

std::optional<WantedLine> LineSelection::find(std::string_view block, std::size_t from) {
  while (from < block.size()) {
    WantedLine line{.begin = from, .end = 0, .time = {}};
    if (filter_->pattern) {
      const std::size_t at = filter_->pattern->find(block, from);
      if (at == std::string_view::npos) return std::nullopt;
      line.begin = line_begin(block, from, at);
      from = at;
    }
    line.end = std::min(block.find('\n', from), block.size());
    if (filter_->needs_times) line.time = time_of(block, line.begin);
    if (!filter_->needs_times || is_in_time(line.time)) return line;
    from = line.end + 1;
  }
  return std::nullopt;
}

bool LineSelection::is_in_time(std::string_view time) const {
  return time >= std::string_view(filter_->since) && (filter_->until.empty() || time <= filter_->until);
}

/// Of the line that begins there. Lines between known_to_ and it are looked at from the last one on, so that
/// none is looked at twice.
std::string_view LineSelection::time_of(std::string_view block, std::size_t line) {
  for (std::size_t begin = line;;) {
    const std::size_t end = std::min(block.find('\n', begin), block.size());
    if (const std::string_view own = leading_time(block.substr(begin, end - begin)); !own.empty()) {
      time_ = own;
      break;
    }
    if (begin <= known_to_) break;
    begin = line_begin(block, known_to_, begin - 1);
  }
  known_to_ = line;
  return time_;
}

void LineSelection::leave(std::string_view block) {
  if (filter_->needs_times && !block.empty())
    static_cast<void>(
        time_of(block, line_begin(block, std::min(known_to_, block.size() - 1), block.size() - 1)));
  known_to_ = 0;
}

void LineSelection::forget() {
  time_.clear();
  known_to_ = 0;
}

} // namespace holdfast::client
