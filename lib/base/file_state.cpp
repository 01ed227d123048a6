#include "base/file_state.h"

#include <sys/stat.h>

namespace holdfast {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t in_a_second = 1'000'000'000;
  return std::int64_t{time.tv_sec} * in_a_second + time.tv_nsec;
}

} // namespace

FileState FileState::at(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? of(info) : FileState{};
}

FileState FileState::of(const struct stat& info) {
  return {.is_there = true,
          .device = info.st_dev,
          .inode = info.st_ino,
          .size = static_cast<std::uint64_t>(info.st_size),
          .mode = info.st_mode,
          .modified = nanoseconds(info.st_mtim),
          .changed = nanoseconds(info.st_ctim)};
}

} // namespace holdfast
