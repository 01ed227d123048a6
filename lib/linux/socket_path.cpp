#include "linux/socket_path.h"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::linux_os {

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{path + ": too long for a socket (" + std::to_string(sizeof address.sun_path - 1) +
                     " bytes at most)",
                 ENAMETOOLONG};
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Status check_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return Error{path + ": not an absolute path", EINVAL};
  const std::string directory = slash == 0 ? "/" : path.substr(0, slash);
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) return system_error(directory, errno);
  const bool ours = info.st_uid == 0 || info.st_uid == ::geteuid();
  if (ours && (info.st_mode & 0022) == 0) return Done{};
  return Error{directory + ": must be root's and not writable by others", EACCES};
}

Status remove_stale_socket(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0)
    return errno == ENOENT ? Status(Done{}) : Status(system_error(path, errno));
  if (!S_ISSOCK(info.st_mode)) return Error{path + ": is there already and is no socket", EEXIST};
  if (::unlink(path.c_str()) != 0) return system_error(path, errno);
  return Done{};
}

} // namespace holdfast::linux_os
