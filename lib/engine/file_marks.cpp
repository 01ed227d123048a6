#include "engine/file_marks.h"

#include "base/file.h"

#include <functional>

namespace holdfast::engine {
namespace {

constexpr std::size_t most_bytes = 16U << 20;

std::uint64_t hash_of(const std::string& path) {
  const auto text = read_file(path, most_bytes);
  return text ? std::hash<std::string>{}(text.value()) : 0;
}

} // namespace

FileMark FileMark::of(const std::string& path) {
  FileMark mark;
  // Looked at before it is read: a change in between is taken for one, not missed.
  mark.state_ = FileState::at(path);
  if (mark.state_.is_there) mark.contents_ = hash_of(path);
  return mark;
}

bool FileMark::has_changed(const std::string& path) const {
  const FileState now = FileState::at(path);
  if (now.is_there != state_.is_there) return true;
  if (now == state_) return false;
  const bool large = now.size > most_bytes;
  return now.size != state_.size || large || hash_of(path) != contents_;
}

} // namespace holdfast::engine
