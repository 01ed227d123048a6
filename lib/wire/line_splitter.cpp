#include "wire/line_splitter.h"

#include <algorithm>

namespace holdfast::wire {

void LineSplitter::feed(std::string_view bytes) {
  if (overlong_) return;
  bytes_.erase(0, begin_);
  looked_ -= begin_;
  begin_ = 0;
  bytes_ += bytes;
}

std::optional<std::string> LineSplitter::next() {
  if (overlong_) return {};
  const std::size_t end = bytes_.find('\n', looked_);
  const std::size_t length = std::min(end, bytes_.size()) - begin_;
  if (length > longest_) {
    overlong_ = true;
    bytes_.clear();
    return {};
  }
  if (end == std::string::npos) {
    looked_ = bytes_.size();
    return {};
  }
  std::string line = bytes_.substr(begin_, length);
  begin_ = looked_ = end + 1;
  return line;
}

} // namespace holdfast::wire
