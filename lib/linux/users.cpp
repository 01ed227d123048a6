#include "linux/users.h"

#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <vector>

namespace holdfast::linux_os {
namespace {

constexpr std::size_t most_bytes = 1U << 20U;

/// Calls one of the get..._r functions with a buffer that grows until the entry fits. `look(buffer)` returns
/// the error number.
template <typename Look>
int look_up(std::vector<char>& buffer, Look look) {
  for (buffer.resize(4096);; buffer.resize(buffer.size() * 4)) {
    const int code = look(buffer);
    if (code == EINTR) continue;
    if (code != ERANGE || buffer.size() >= most_bytes) return code;
  }
}

/// POSIX leaves open how "not found" is told: these are the ways that exist.
bool means_unknown(int code) {
  return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

Error not_found(const std::string& what, int code) {
  if (means_unknown(code)) return Error{what + " does not exist", ENOENT};
  return system_error(what, code);
}

User copy(const passwd& entry) {
  return {.name = entry.pw_name,
          .home = entry.pw_dir,
          .shell = entry.pw_shell,
          .uid = entry.pw_uid,
          .gid = entry.pw_gid};
}

} // namespace

Result<User> find_user(const std::string& name) {
  std::vector<char> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int code = look_up(buffer, [&](std::vector<char>& room) {
    return ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  });
  if (found == nullptr) return not_found("user \"" + name + "\"", code);
  return copy(entry);
}

Result<User> find_user(uid_t uid) {
  std::vector<char> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int code = look_up(buffer, [&](std::vector<char>& room) {
    return ::getpwuid_r(uid, &entry, room.data(), room.size(), &found);
  });
  if (found == nullptr) return not_found("user with the number " + std::to_string(uid), code);
  return copy(entry);
}

Result<gid_t> find_group(const std::string& name) {
  std::vector<char> buffer;
  group entry{};
  group* found = nullptr;
  const int code = look_up(buffer, [&](std::vector<char>& room) {
    return ::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  });
  if (found == nullptr) return not_found("group \"" + name + "\"", code);
  return entry.gr_gid;
}

} // namespace holdfast::linux_os
