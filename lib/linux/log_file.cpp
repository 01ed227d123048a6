#include "linux/log_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr mode_t file_mode = 0640;
constexpr std::uint64_t most_past_size = 1U << 20U;
constexpr int most_names_tried = 1000;

Result<struct stat> status_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("fstat", errno);
  return info;
}

/// New, with mode and group at once right: the directory's group, so that no name needs to be looked up.
Result<Fd> create(int directory_fd, const std::string& name) {
  Fd fd(::openat(directory_fd, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return system_error(name, errno);
  const auto directory = status_of(directory_fd);
  if (!directory) return directory.error().in(name);
  if (::geteuid() == 0 && ::fchown(fd.get(), 0, directory.value().st_gid) != 0)
    return system_error(name, errno);
  if (::fchmod(fd.get(), file_mode) != 0) return system_error(name, errno);
  return fd;
}

/// O_NONBLOCK: a FIFO in its place must not stop us; for a regular file it means nothing.
Result<Fd> open_existing(int directory_fd, const std::string& name) {
  Fd fd(::openat(directory_fd, name.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return system_error(name, errno);
  const auto info = status_of(fd.get());
  if (!info) return info.error().in(name);
  const struct stat& is = info.value();
  if (!S_ISREG(is.st_mode) || is.st_nlink != 1 || is.st_uid != ::geteuid())
    return Error{name + ": not a plain file of ours with one name", EPERM};
  return fd;
}

Result<Fd> open_or_create(int directory_fd, const std::string& name) {
  auto opened = open_existing(directory_fd, name);
  if (opened || opened.error().code != ENOENT) return opened;
  return create(directory_fd, name);
}

/// "20261124T065330.123456Z".
std::string compact(WallTime time) {
  std::string text = format_utc(time);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }),
             text.end());
  return text;
}

/// Writes all of both, or nothing: what was written before an error is cut off again. Returns the error
/// number, or 0.
int write_or_undo(int fd, std::uint64_t at, std::string_view first, std::string_view second) {
  std::uint64_t place = at;
  for (std::string_view part : {first, second}) {
    while (!part.empty()) {
      const ssize_t n = ::pwrite(fd, part.data(), part.size(), static_cast<off_t>(place));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        const int code = n < 0 ? errno : ENOSPC;
        return place == at || ::ftruncate(fd, static_cast<off_t>(at)) == 0 ? code : errno;
      }
      place += static_cast<std::uint64_t>(n);
      part.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  return 0;
}

/// Each 8 MiB the kernel is told to begin with writing them out, without waiting: the sync at a rotation, for
/// which every other service's log waits too, then has little left to do.
void start_writeback(int fd, std::uint64_t size, std::uint64_t added) {
  constexpr std::uint64_t step = 8U << 20U;
  const std::uint64_t from = size / step * step;
  const std::uint64_t to = (size + added) / step * step;
  if (to > from)
    ::sync_file_range(fd, static_cast<off_t>(from), static_cast<off_t>(to - from), SYNC_FILE_RANGE_WRITE);
}

} // namespace

Result<LogFile> LogFile::open(int directory_fd, const std::string& name, std::uint64_t rotate_size) {
  LogFile file;
  file.directory_fd_ = directory_fd;
  file.name_ = name + ".log";
  file.rotate_size_ = rotate_size;
  if (auto opened = file.open_again(); !opened) return opened.error();
  return file;
}

Status LogFile::open_again() {
  auto fd = open_or_create(directory_fd_, name_);
  if (!fd) return fd.error();
  const auto info = status_of(fd.value().get());
  if (!info) return info.error().in(name_);
  const auto size = static_cast<std::uint64_t>(info.value().st_size);
  char last = '\n';
  if (size > 0 && ::pread(fd.value().get(), &last, 1, static_cast<off_t>(size - 1)) != 1)
    return system_error(name_, errno);
  fd_ = std::move(fd).value();
  size_ = size;
  ends_torn_ = last != '\n';
  at_line_start_ = true;
  return Done{};
}

Status LogFile::append(std::string_view bytes) {
  if (bytes.empty()) return Done{};
  // Asked for each time: somebody may have emptied the file, or removed it, and what is written to a file
  // without a name is lost in silence.
  auto info = status_of(fd_.get());
  if (!info) return info.error().in(name_);
  if (info.value().st_nlink == 0) {
    if (auto opened = open_again(); !opened) return opened;
    info = status_of(fd_.get());
    if (!info) return info.error().in(name_);
  }
  size_ = static_cast<std::uint64_t>(info.value().st_size);
  const std::string_view end_of_torn_line = ends_torn_ && size_ > 0 ? "\n" : "";
  if (const int code = write_or_undo(fd_.get(), size_, end_of_torn_line, bytes); code != 0)
    return system_error(name_, code);
  start_writeback(fd_.get(), size_, end_of_torn_line.size() + bytes.size());
  size_ += end_of_torn_line.size() + bytes.size();
  ends_torn_ = false;
  at_line_start_ = bytes.back() == '\n';
  return Done{};
}

std::uint64_t LogFile::room() const {
  return size_ < rotate_size_ ? rotate_size_ - size_ : 0;
}

std::uint64_t LogFile::room_without_newline() const {
  const std::uint64_t most = rotate_size_ + most_past_size;
  return size_ < most ? most - size_ : 0;
}

bool LogFile::wants_rotation() const {
  return room_without_newline() == 0 || (room() == 0 && at_line_start_);
}

Status LogFile::rotate(WallTime now) {
  // The new file is made before anything is renamed: a full disk or directory then changes nothing.
  const std::string fresh_name = name_ + ".new";
  ::unlinkat(directory_fd_, fresh_name.c_str(), 0);
  auto fresh = create(directory_fd_, fresh_name);
  if (!fresh) return fresh.error();
  if (auto swapped = sync_and_swap(fresh_name, now); !swapped) {
    ::unlinkat(directory_fd_, fresh_name.c_str(), 0);
    return swapped;
  }
  fd_ = std::move(fresh).value();
  size_ = 0;
  at_line_start_ = true;
  ends_torn_ = false;
  if (::fsync(directory_fd_) != 0) return system_error(name_ + ": fsync of the directory", errno);
  return Done{};
}

Status LogFile::sync_and_swap(const std::string& fresh_name, WallTime now) {
  if (::fsync(fd_.get()) != 0) return system_error(name_ + ": fsync", errno);
  auto old_name = rename_away(now);
  if (!old_name) return old_name.error();
  if (::renameat2(directory_fd_, fresh_name.c_str(), directory_fd_, name_.c_str(), RENAME_NOREPLACE) == 0)
    return Done{};
  const int code = errno;
  ::renameat2(directory_fd_, old_name.value().c_str(), directory_fd_, name_.c_str(), RENAME_NOREPLACE);
  return system_error(name_, code);
}

Result<std::string> LogFile::rename_away(WallTime now) {
  for (int i = 0; i < most_names_tried; ++i) {
    std::string old_name = name_ + "-" + compact(now + std::chrono::microseconds(i));
    if (::renameat2(directory_fd_, name_.c_str(), directory_fd_, old_name.c_str(), RENAME_NOREPLACE) == 0)
      return old_name;
    if (errno != EEXIST) return system_error(name_ + ": rename", errno);
  }
  return Error{name_ + ": no name is free for the rotated file", EEXIST};
}

} // namespace holdfast::linux_os
