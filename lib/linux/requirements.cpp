#include "linux/launcher.h"
#include "linux/users.h"

#include <cerrno>
#include <sys/stat.h>

namespace holdfast::linux_os {
namespace {

std::string name_of(uid_t uid) {
  const auto user = find_user(uid);
  return user ? user.value().name : "the user with the number " + std::to_string(uid);
}

Status check(const model::Requirement& requirement) {
  struct stat info {};
  if (::stat(requirement.file.c_str(), &info) != 0) return system_error(requirement.file, errno);
  if (requirement.owner.empty()) return Done{};
  const auto owner = find_user(requirement.owner);
  if (!owner) return owner.error().in(requirement.file);
  if (info.st_uid == owner.value().uid) return Done{};
  return Error{requirement.file + ": belongs to " + name_of(info.st_uid) + ", not to " + requirement.owner,
               EACCES};
}

} // namespace

Status check_requirements(const model::Program& program) {
  for (const model::Requirement& requirement : program.requirements)
    if (auto checked = check(requirement); !checked) return checked;
  return Done{};
}

} // namespace holdfast::linux_os
