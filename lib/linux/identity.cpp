#include "linux/spawn.h"
#include "linux/users.h"

#include <cerrno>
#include <grp.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr int most_groups = 65536; // NGROUPS_MAX of the kernel

Result<std::vector<gid_t>> our_groups() {
  const int count = ::getgroups(0, nullptr);
  if (count < 0) return system_error("getgroups", errno);
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgroups(count, groups.data()) != count) return system_error("getgroups", errno);
  return groups;
}

Result<std::vector<gid_t>> groups_of(const std::string& user, gid_t gid) {
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(user.c_str(), gid, groups.data(), &count) < 0) {
    if (count > most_groups)
      return Error{"user \"" + user + "\" is in more groups than the kernel allows", EINVAL};
    groups.resize(static_cast<std::size_t>(count));
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

Result<std::vector<gid_t>> find_groups(const std::vector<std::string>& names) {
  std::vector<gid_t> groups;
  for (const std::string& name : names) {
    const auto gid = find_group(name);
    if (!gid) return gid.error();
    groups.push_back(gid.value());
  }
  return groups;
}

/// The ids that we run with; a number without a name is no mistake of the configuration's.
Identity our_identity() {
  Identity identity{
      .uid = ::geteuid(), .gid = ::getegid(), .groups = {}, .home = "/", .shell = "/bin/sh", .name = {}};
  identity.name = std::to_string(identity.uid);
  if (auto user = find_user(identity.uid); user) {
    identity.name = user.value().name;
    identity.home = user.value().home;
    identity.shell = user.value().shell;
  }
  return identity;
}

Result<Identity> named_identity(const std::string& name) {
  auto found = find_user(name);
  if (!found) return found.error();
  User& user = found.value();
  return Identity{.uid = user.uid,
                  .gid = user.gid,
                  .groups = {},
                  .home = std::move(user.home),
                  .shell = std::move(user.shell),
                  .name = std::move(user.name)};
}

Result<std::vector<gid_t>> supplementary(const model::Program& program, const Identity& identity) {
  if (program.groups) return find_groups(*program.groups);
  if (program.user.empty()) return our_groups();
  return groups_of(identity.name, identity.gid);
}

} // namespace

Result<Identity> resolve_identity(const model::Program& program) {
  auto resolved = program.user.empty() ? Result<Identity>(our_identity()) : named_identity(program.user);
  if (!resolved) return resolved;
  Identity& identity = resolved.value();
  if (!program.group.empty()) {
    const auto gid = find_group(program.group);
    if (!gid) return gid.error();
    identity.gid = gid.value();
  }
  auto groups = supplementary(program, identity);
  if (!groups) return groups.error();
  identity.groups = std::move(groups).value();
  return resolved;
}

} // namespace holdfast::linux_os
