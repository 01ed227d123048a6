#include "linux/runtime_directory.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr mode_t unfinished_mode = 0700;
constexpr mode_t parent_mode = 0755;

/// "/a/b//c/" is a, b, c.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (end != 0) parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return parts;
}

Result<Fd> open_directory(int parent, const char* name) {
  Fd fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.valid()) return fd;
  if (errno == ENOTDIR || errno == ELOOP)
    return Error{std::string(name) + ": not a directory, or a symbolic link", ENOTDIR};
  return system_error(name, errno);
}

Result<struct stat> status_of(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("fstat", errno);
  return info;
}

/// Whether only root and we can put something else where we have just made something.
Status check_parent(int parent) {
  const auto info = status_of(parent);
  if (!info) return info.error();
  const struct stat& is = info.value();
  const bool ours = is.st_uid == 0 || is.st_uid == ::geteuid();
  const bool closed = (is.st_mode & 0022) == 0 || (is.st_mode & S_ISVTX) != 0;
  if (ours && closed) return Done{};
  return Error{"others may rename what is in its parent directory; make it yourself", EACCES};
}

Status make_directory(int parent, const std::string& name, mode_t mode) {
  if (auto checked = check_parent(parent); !checked) return checked;
  // EEXIST: somebody was faster; what is there is looked at like anything that was there before.
  if (::mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST) return system_error(name, errno);
  return Done{};
}

Result<Fd> open_or_make(int parent, const std::string& name, mode_t mode) {
  auto opened = open_directory(parent, name.c_str());
  if (opened || opened.error().code != ENOENT) return opened;
  if (auto made = make_directory(parent, name, mode); !made) return made.error();
  return open_directory(parent, name.c_str());
}

/// Of the directory that is held, whatever its path means by now.
bool is_empty(int fd) {
  std::error_code error;
  return std::filesystem::is_empty("/proc/self/fd/" + std::to_string(fd), error) && !error;
}

/// Gives the directory to the user where that is still to be done. The mode comes last: with it the directory
/// is whole.
Status finish(int parent, int fd, mode_t mode, const Identity& identity) {
  const auto info = status_of(fd);
  if (!info) return info.error();
  const struct stat& is = info.value();
  if (is.st_uid != identity.uid) {
    const bool unfinished =
        is.st_uid == ::geteuid() && (is.st_mode & 07777) == unfinished_mode && is_empty(fd);
    if (!unfinished)
      return Error{"is there already and belongs to somebody else than " + identity.name, EACCES};
    if (auto checked = check_parent(parent); !checked) return checked;
    if (::fchown(fd, identity.uid, identity.gid) != 0) return system_error("chown", errno);
  }
  if (((is.st_mode & 07777) != mode || is.st_uid != identity.uid) && ::fchmod(fd, mode) != 0)
    return system_error("chmod", errno);
  return Done{};
}

Status make(const model::RuntimeDirectory& wanted, const Identity& identity) {
  auto parts = parts_of(wanted.path);
  if (!wanted.path.starts_with('/') || parts.empty()) return Error{"not an absolute path", EINVAL};
  for (const std::string& part : parts)
    if (part == "." || part == "..") return Error{"has . or .. in it", EINVAL};
  Fd parent(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid()) return system_error("/", errno);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    auto next = open_or_make(parent.get(), parts[i], parent_mode);
    if (!next) return next.error();
    parent = std::move(next).value();
  }
  const auto directory = open_or_make(parent.get(), parts.back(), unfinished_mode);
  if (!directory) return directory.error();
  return finish(parent.get(), directory.value().get(), wanted.mode, identity);
}

} // namespace

Status make_runtime_directory(const model::RuntimeDirectory& wanted, const Identity& identity) {
  auto made = make(wanted, identity);
  if (!made) return made.error().in(wanted.path);
  return made;
}

} // namespace holdfast::linux_os
