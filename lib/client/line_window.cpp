#include "client/line_window.h"

#include <cstring>
#include <utility>

namespace holdfast::client {
namespace {

constexpr std::size_t room_size = 128U << 10;
constexpr std::size_t longest_rest = 64U << 10;

} // namespace

std::optional<LineView> LineWindow::next() {
  do {
    const std::string_view lines = std::string_view(bytes_).substr(block_, whole_ - block_);
    if (const auto found = selection_.find(lines, at_ - block_)) {
      const bool ends = found->end < lines.size();
      at_ = block_ + found->end + (ends ? 1 : 0);
      return LineView{
          .text = lines.substr(found->begin, found->end - found->begin), .time = found->time, .ends = ends};
    }
    selection_.leave(lines);
    block_ = at_ = whole_;
  } while (take_piece());
  return std::nullopt;
}

/// Of a line that has become too long to wait for its end.
bool LineWindow::take_piece() {
  if (end_ - block_ <= longest_rest) return false;
  whole_ = end_;
  return true;
}

std::span<char> LineWindow::room() {
  if (bytes_.empty()) bytes_.resize(longest_rest + room_size);
  std::memmove(bytes_.data(), bytes_.data() + block_, end_ - block_);
  end_ -= std::exchange(block_, 0);
  at_ = whole_ = 0;
  return std::span(bytes_).subspan(end_);
}

void LineWindow::filled(std::size_t size) {
  const void* const newline = ::memrchr(bytes_.data() + end_, '\n', size);
  end_ += size;
  if (newline != nullptr)
    whole_ = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes_.data()) + 1;
}

std::optional<LineView> LineWindow::rest() {
  whole_ = end_;
  return next();
}

void LineWindow::clear() {
  block_ = at_ = whole_ = end_ = 0;
  selection_.forget();
}

} // namespace holdfast::client
