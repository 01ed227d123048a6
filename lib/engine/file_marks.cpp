#include "engine/file_marks.h"

#include "base/file.h"

#include <functional>

namespace holdfast::engine {
namespace {

constexpr std::size_t most_bytes = 16U << 20;

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

std::uint64_t hash_of(const std::string& path) {
  const auto text = read_file(path, most_bytes);
  return text ? std::hash<std::string>{}(text.value()) : 0;
}

} // namespace

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mode == b.st_mode &&
         same_time(a.st_mtim, b.st_mtim) && same_time(a.st_ctim, b.st_ctim);
}

FileMark FileMark::of(const std::string& path) {
  FileMark mark;
  // Looked at before it is read: a change in between is taken for one, not missed.
  mark.is_there_ = ::stat(path.c_str(), &mark.info_) == 0;
  if (mark.is_there_) mark.contents_ = hash_of(path);
  return mark;
}

bool FileMark::has_changed(const std::string& path) const {
  struct stat now {};
  const bool there = ::stat(path.c_str(), &now) == 0;
  if (there != is_there_) return true;
  if (!there || is_same_file(info_, now)) return false;
  const bool large = static_cast<std::size_t>(now.st_size) > most_bytes;
  return now.st_size != info_.st_size || large || hash_of(path) != contents_;
}

} // namespace holdfast::engine
