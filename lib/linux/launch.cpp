#include "linux/launch.h"

#include "linux/capabilities.h"
#include "linux/runtime_directory.h"

#include <cerrno>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

Result<std::vector<int>> capability_numbers(const std::vector<std::string>& names) {
  std::vector<int> numbers;
  for (const std::string& name : names) {
    const auto number = capability_number(name);
    if (!number) return Error{"capability \"" + name + "\" does not exist", EINVAL};
    numbers.push_back(*number);
  }
  return numbers;
}

/// Who is not root runs its services as itself and nothing else; a name that would need more is not passed
/// over.
Status check_reachable(const model::Program& program, const Identity& identity) {
  if (::geteuid() == 0) return Done{};
  if (identity.uid == ::geteuid() && identity.gid == ::getegid() && !program.groups) return Done{};
  return Error{"only root can run it as user " + identity.name + " with these groups", EPERM};
}

Result<Identity> prepare_identity(const model::Program& program, IdentityCache& identities) {
  auto identity = identities.resolve(program);
  if (!identity) return identity;
  if (auto reachable = check_reachable(program, identity.value()); !reachable) return reachable.error();
  return identity;
}

Status make_directories_for(const LaunchOrder& order, const Identity& identity) {
  if (!order.check_requirements) return Done{};
  for (const model::RuntimeDirectory& directory : order.program.runtime_directories)
    if (auto made = make_runtime_directory(directory, identity); !made) return made;
  return Done{};
}

Result<SpawnRequest> prepare(const LaunchOrder& order, LaunchMeans& means) {
  const model::Program& program = order.program;
  auto identity = prepare_identity(program, means.identities);
  if (!identity) return identity.error();
  auto environment = build_environment(program, identity.value(), order.extra_environment);
  if (!environment) return environment.error();
  auto capabilities = capability_numbers(program.capabilities);
  if (!capabilities) return capabilities.error();
  if (auto made = make_directories_for(order, identity.value()); !made) return made.error();
  return SpawnRequest{.argv = order.argv.empty() ? program.command : order.argv,
                      .environment = std::move(environment).value(),
                      .directory = program.directory,
                      .identity = std::move(identity).value(),
                      .change_identity = ::geteuid() == 0,
                      .capabilities = std::move(capabilities).value(),
                      .no_new_privileges = program.no_new_privileges,
                      .umask = program.umask,
                      .limits = program.limits,
                      .input = order.input,
                      .output = order.output,
                      .cgroup_fd = order.cgroup_fd,
                      .inheritance = &means.inheritance,
                      .slots = order.by_descriptor ? nullptr : means.slots,
                      .pid_at_birth = order.pid_at_birth,
                      .parent_is_ours = order.parent_is_ours};
}

LaunchOutcome without_process(std::uint64_t ticket, LaunchOutcome::Kind kind, Error error) {
  return {.ticket = ticket, .kind = kind, .pid = 0, .pidfd = Fd(), .error = std::move(error)};
}

} // namespace

LaunchOutcome launch(const LaunchOrder& order, LaunchMeans& means) {
  using Kind = LaunchOutcome::Kind;
  if (order.check_requirements) {
    const bool look = order.kind == LaunchOrder::Kind::look;
    const auto checked = check_requirements(order.program);
    if (look || !checked)
      return without_process(order.ticket, look ? Kind::looked : Kind::refused,
                             checked ? Error{} : checked.error());
  }
  const auto request = prepare(order, means);
  if (!request) return without_process(order.ticket, Kind::failed, request.error());
  pid_t failed_pid = 0;
  auto spawned = spawn(request.value(), failed_pid);
  if (!spawned)
    return {.ticket = order.ticket,
            .kind = Kind::failed,
            .pid = failed_pid,
            .pidfd = Fd(),
            .error = spawned.error()};
  return {.ticket = order.ticket,
          .kind = Kind::started,
          .pid = spawned.value().pid,
          .pidfd = std::move(spawned.value().pidfd),
          .error = {}};
}

} // namespace holdfast::linux_os
