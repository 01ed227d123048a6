#include "linux/log_file.h"

#include "wire/log_name.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
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

/// Where a new file gets its mode and group before it has the name that counts.
std::string fresh_name(const std::string& name) {
  return name + ".new";
}

/// In place of what one left there who was killed before he gave it its name.
Result<Fd> create_fresh(int directory_fd, const std::string& name) {
  ::unlinkat(directory_fd, fresh_name(name).c_str(), 0);
  return create(directory_fd, fresh_name(name));
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
  auto fresh = create_fresh(directory_fd, name);
  if (!fresh) return fresh;
  if (::renameat2(directory_fd, fresh_name(name).c_str(), directory_fd, name.c_str(), RENAME_NOREPLACE) == 0)
    return fresh;
  const int code = errno;
  ::unlinkat(directory_fd, fresh_name(name).c_str(), 0);
  // A file system that cannot rename without replacing, NFS for one: then it has its name at once.
  return code == EINVAL ? create(directory_fd, name) : system_error(name, code);
}

LogPlace place_of(const struct stat& info) {
  return {.device = info.st_dev, .inode = info.st_ino, .size = static_cast<std::uint64_t>(info.st_size)};
}

/// An empty file does.
Result<bool> ends_with_newline(int fd, std::uint64_t size) {
  char last = '\n';
  if (size > 0 && ::pread(fd, &last, 1, static_cast<off_t>(size - 1)) != 1)
    return system_error("its last byte", errno);
  return last == '\n';
}

/// The file of that place where it has its name still and has grown since, with its size now; else none.
struct Grown {
  Fd fd;
  std::uint64_t size = 0;
};
Result<Grown> grown_since(int directory_fd, const std::string& name, const LogPlace& place) {
  if (place.inode == 0) return Grown{};
  auto opened = open_existing(directory_fd, name);
  if (!opened) return opened.error().code == ENOENT ? Result<Grown>(Grown{}) : opened.error();
  const auto info = status_of(opened.value().get());
  if (!info) return info.error().in(name);
  const LogPlace now = place_of(info.value());
  if (now.device != place.device || now.inode != place.inode || now.size <= place.size) return Grown{};
  return Grown{std::move(opened).value(), now.size};
}

WallTime modified(const struct stat& info) {
  return WallTime(std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec));
}

/// The latest moment that a file of the service is named by, compressed or not; nothing: there is none, or
/// the directory cannot be read.
std::optional<WallTime> newest_put_aside(int directory_fd, const std::string& service) {
  namespace fs = std::filesystem;
  std::optional<WallTime> newest;
  std::error_code error;
  const fs::path directory = "/proc/self/fd/" + std::to_string(directory_fd);
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (const auto name = wire::parse_log_name(at->path().filename().string());
        name && name->service == service)
      newest = std::max(newest, std::optional(name->put_aside));
  return newest;
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

Result<LogFile> LogFile::open(int directory_fd, const std::string& name, const LogRotation& rotation,
                              LastLine last_line) {
  LogFile file;
  file.directory_fd_ = directory_fd;
  file.service_ = name;
  file.name_ = wire::current_log(name);
  file.rotation_ = rotation;
  if (auto opened = file.open_again(last_line); !opened) return opened.error();
  return file;
}

Status LogFile::open_again(LastLine last_line) {
  auto fd = open_or_create(directory_fd_, name_);
  if (!fd) return fd.error();
  const auto info = status_of(fd.value().get());
  if (!info) return info.error().in(name_);
  const auto ends_line = ends_with_newline(fd.value().get(), place_of(info.value()).size);
  if (!ends_line) return ends_line.error().in(name_);
  fd_ = std::move(fd).value();
  place_ = place_of(info.value());
  period_.reset();
  if (place_.size > 0 && rotation_.every > Duration{})
    period_ = log_period(modified(info.value()), rotation_.every);
  ends_torn_ = !ends_line.value() && last_line == LastLine::torn;
  at_line_start_ = ends_line.value() || ends_torn_;
  return Done{};
}

Status LogFile::find_end() {
  auto info = status_of(fd_.get());
  if (!info) return info.error().in(name_);
  // What is written to a file without a name is lost in silence.
  if (info.value().st_nlink == 0) return open_again(LastLine::torn);
  place_ = place_of(info.value());
  return Done{};
}

void LogFile::look_at_clock(WallTime now) {
  is_over_ = false;
  if (rotation_.every == Duration{} || (period_ && period_->has(now))) return;
  if (place_.size > 0 && period_ && now >= period_->end)
    is_over_ = true;
  else
    period_ = log_period(now, rotation_.every);
}

Status LogFile::append(std::string_view bytes) {
  if (bytes.empty()) return Done{};
  const std::string_view end_of_torn_line = ends_torn_ && size() > 0 ? "\n" : "";
  if (const int code = write_or_undo(fd_.get(), size(), end_of_torn_line, bytes); code != 0)
    return system_error(name_, code);
  grown_by(end_of_torn_line.size() + bytes.size(), bytes.back() == '\n');
  return Done{};
}

std::uint64_t LogFile::take(int pipe, std::uint64_t most) {
  auto at = static_cast<off_t>(size());
  ssize_t moved = 0;
  do
    moved = ::splice(pipe, nullptr, fd_.get(), &at, most, SPLICE_F_NONBLOCK);
  while (moved < 0 && errno == EINTR);
  if (moved <= 0) return 0;
  const auto bytes = static_cast<std::uint64_t>(moved);
  // Where that cannot be read the line is taken for open: a newline too many tears nothing.
  const auto ends_line = ends_with_newline(fd_.get(), size() + bytes);
  grown_by(bytes, ends_line && ends_line.value());
  return bytes;
}

void LogFile::grown_by(std::uint64_t bytes, bool ends_line) {
  start_writeback(fd_.get(), size(), bytes);
  place_.size += bytes;
  at_line_start_ = ends_line;
  ends_torn_ = false;
}

std::uint64_t LogFile::room() const {
  return !is_over_ && place_.size < rotation_.size ? rotation_.size - place_.size : 0;
}

std::uint64_t LogFile::room_without_newline() const {
  const std::uint64_t most = rotation_.size + most_past_size;
  return place_.size < most ? most - place_.size : 0;
}

bool LogFile::wants_rotation() const {
  return room_without_newline() == 0 || (room() == 0 && at_line_start_);
}

Status LogFile::rotate(WallTime now) {
  // The new file is made before anything is renamed: a full disk or directory then changes nothing.
  auto fresh = create_fresh(directory_fd_, name_);
  if (!fresh) return fresh.error();
  if (auto swapped = sync_and_swap(now); !swapped) {
    ::unlinkat(directory_fd_, fresh_name(name_).c_str(), 0);
    return swapped;
  }
  fd_ = std::move(fresh).value();
  at_line_start_ = true;
  ends_torn_ = is_over_ = false;
  period_.reset();
  if (auto found = find_end(); !found) return found;
  if (::fsync(directory_fd_) != 0) return system_error(name_ + ": fsync of the directory", errno);
  return Done{};
}

Status LogFile::sync_and_swap(WallTime now) {
  if (::fsync(fd_.get()) != 0) return system_error(name_ + ": fsync", errno);
  auto old_name = rename_away(now);
  if (!old_name) return old_name.error();
  if (::renameat2(directory_fd_, fresh_name(name_).c_str(), directory_fd_, name_.c_str(), RENAME_NOREPLACE) ==
      0)
    return Done{};
  const int code = errno;
  ::renameat2(directory_fd_, old_name.value().c_str(), directory_fd_, name_.c_str(), RENAME_NOREPLACE);
  return system_error(name_, code);
}

Result<std::string> LogFile::rename_away(WallTime now) {
  using namespace std::chrono_literals;
  if (!put_aside_) put_aside_ = newest_put_aside(directory_fd_, service_);
  const WallTime first = put_aside_ ? std::max(now, *put_aside_ + 1us) : now;
  for (int i = 0; i < most_names_tried; ++i) {
    const WallTime moment = first + i * 1us;
    std::string old_name = text_of(wire::log_put_aside(service_, moment));
    if (::renameat2(directory_fd_, name_.c_str(), directory_fd_, old_name.c_str(), RENAME_NOREPLACE) == 0) {
      put_aside_ = moment;
      return old_name;
    }
    if (errno != EEXIST) return system_error(name_ + ": rename", errno);
  }
  return Error{name_ + ": no name is free for the rotated file", EEXIST};
}

Status cut_back(int directory_fd, const std::string& name, const LogPlace& place) {
  const auto grown = grown_since(directory_fd, wire::current_log(name), place);
  if (!grown) return grown.error();
  if (!grown.value().fd.valid()) return Done{};
  if (::ftruncate(grown.value().fd.get(), static_cast<off_t>(place.size)) != 0)
    return system_error(wire::current_log(name), errno);
  return Done{};
}

Result<LogEnd> end_since(int directory_fd, const std::string& name, const LogPlace& place) {
  const auto grown = grown_since(directory_fd, wire::current_log(name), place);
  if (!grown) return grown.error();
  if (!grown.value().fd.valid()) return LogEnd::unchanged;
  const auto ends_line = ends_with_newline(grown.value().fd.get(), grown.value().size);
  if (!ends_line) return ends_line.error().in(wire::current_log(name));
  return ends_line.value() ? LogEnd::newline : LogEnd::open_line;
}

} // namespace holdfast::linux_os
