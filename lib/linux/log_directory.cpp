#include "base/file.h"
#include "linux/log_file.h"
#include "linux/users.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr mode_t directory_mode = 0750;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_not_of('/') == std::string::npos
                                ? std::string::npos
                                : path.rfind('/', path.find_last_not_of('/'));
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

/// The mode again by fchmod: mkdir's is cut by the umask.
Status give_to_adm(int fd) {
  if (const auto adm = find_group("adm"); adm && ::geteuid() == 0 && ::fchown(fd, 0, adm.value()) != 0)
    return system_error("chown", errno);
  if (::fchmod(fd, directory_mode) != 0) return system_error("chmod", errno);
  return Done{};
}

Status check(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("fstat", errno);
  const bool ours = info.st_uid == 0 || info.st_uid == ::geteuid();
  if (ours && (info.st_mode & 0022) == 0) return Done{};
  return Error{"must be root's and not writable by others", EACCES};
}

} // namespace

Result<Fd> open_log_directory(const std::string& path) {
  if (auto made = make_directories(parent_of(path), 0755); !made) return made.error();
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return system_error(path, errno);
  // Readable, not O_PATH: it is synced after each rotation.
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error(path, errno);
  if (made)
    if (auto given = give_to_adm(fd.get()); !given) return given.error().in(path);
  if (auto checked = check(fd.get()); !checked) return checked.error().in(path);
  return fd;
}

} // namespace holdfast::linux_os
