#include "archives/directory.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace holdfast::archives {
namespace {

constexpr mode_t file_mode = 0640;

bool is_ours(const struct stat& info) {
  return S_ISREG(info.st_mode) && info.st_uid == ::geteuid();
}

Error is_stranger(const std::string& name) {
  return Error{name + ": not a plain file of ours with one name", EPERM};
}

Directory::Seen seen_of(const struct stat& info) {
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .bytes = static_cast<std::uint64_t>(info.st_size),
          .seconds = info.st_mtim.tv_sec,
          .nanoseconds = info.st_mtim.tv_nsec};
}

struct Close {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

Result<std::vector<wire::LogName>> names_in(int directory) {
  Fd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error("the log directory", errno);
  const std::unique_ptr<DIR, Close> stream(::fdopendir(fd.get()));
  if (!stream) return system_error("the log directory", errno);
  static_cast<void>(fd.release());
  std::vector<wire::LogName> names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return system_error("the log directory", errno);
    if (entry == nullptr) return names;
    if (auto name = wire::parse_log_name(entry->d_name)) names.push_back(std::move(*name));
  }
}

} // namespace

Result<Listing> Directory::list() const {
  auto names = names_in(fd_);
  if (!names) return names.error();
  Listing listing;
  for (wire::LogName& name : names.value()) {
    const std::string text = text_of(name);
    struct stat info {};
    if (::fstatat(fd_, text.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return system_error(text, errno);
    }
    // What a crash left unfinished may have its second name already.
    if (!is_ours(info) || (info.st_nlink != 1 && !name.unfinished))
      listing.strangers.push_back(text);
    else if (name.unfinished)
      listing.unfinished.push_back(std::move(name));
    else
      listing.archives.push_back({std::move(name), static_cast<std::uint64_t>(info.st_size)});
  }
  std::sort(listing.archives.begin(), listing.archives.end(),
            [](const Entry& a, const Entry& b) { return text_of(a.name) < text_of(b.name); });
  std::sort(listing.strangers.begin(), listing.strangers.end());
  return listing;
}

/// O_NONBLOCK: a FIFO in its place must not stop us; for a regular file it means nothing.
Result<Fd> Directory::open(const wire::LogName& name) const {
  const std::string text = text_of(name);
  Fd fd(::openat(fd_, text.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd.valid()) return system_error(text, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(text, errno);
  if (!is_ours(info) || info.st_nlink != 1) return is_stranger(text);
  return fd;
}

Result<Fd> Directory::create(const wire::LogName& name) const {
  const std::string text = text_of(name);
  struct stat directory {};
  if (::fstat(fd_, &directory) != 0) return system_error("the log directory", errno);
  Fd fd(::openat(fd_, text.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return system_error(text, errno);
  if ((::geteuid() == 0 && ::fchown(fd.get(), 0, directory.st_gid) != 0) ||
      ::fchmod(fd.get(), file_mode) != 0) {
    const int code = errno;
    ::unlinkat(fd_, text.c_str(), 0);
    return system_error(text, code);
  }
  return fd;
}

Result<Directory::Seen> Directory::see(int file) {
  struct stat info {};
  if (::fstat(file, &info) != 0) return system_error("fstat", errno);
  return seen_of(info);
}

Result<Directory::Seen> Directory::see(const wire::LogName& name) const {
  const std::string text = text_of(name);
  struct stat info {};
  if (::fstatat(fd_, text.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return system_error(text, errno);
  if (!is_ours(info) || info.st_nlink != 1) return is_stranger(text);
  return seen_of(info);
}

Status Directory::rename(const wire::LogName& from, const wire::LogName& to) const {
  const std::string old_text = text_of(from);
  const std::string text = text_of(to);
  if (::renameat2(fd_, old_text.c_str(), fd_, text.c_str(), RENAME_NOREPLACE) == 0) return Done{};
  // A file system that cannot rename without replacing, NFS for one. A link never replaces anything.
  if (errno == EINVAL && ::linkat(fd_, old_text.c_str(), fd_, text.c_str(), 0) == 0) return remove(from);
  return system_error(text, errno);
}

Status Directory::remove(const wire::LogName& name) const {
  const std::string text = text_of(name);
  if (::unlinkat(fd_, text.c_str(), 0) != 0 && errno != ENOENT) return system_error(text, errno);
  return Done{};
}

Result<Directory::Space> Directory::space() const {
  struct statvfs info {};
  if (::fstatvfs(fd_, &info) != 0) return system_error("room on the file system of the logs", errno);
  // What is kept for root is nobody's here.
  const std::uint64_t others = info.f_blocks - info.f_bfree + info.f_bavail;
  return Space{.free = info.f_bavail * info.f_frsize, .all = others * info.f_frsize};
}

Status Directory::sync() const {
  if (::fsync(fd_) != 0) return system_error("fsync of the log directory", errno);
  return Done{};
}

} // namespace holdfast::archives
