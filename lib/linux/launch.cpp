#include "linux/launch.h"

#include "linux/capabilities.h"
#include "linux/listening_socket.h"
#include "linux/runtime_directory.h"
#include "linux/socket_passing.h"
#include "linux/users.h"

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

Result<gid_t> group_of(const model::SocketSpec& socket, const Identity& identity) {
  if (socket.group.empty()) return identity.gid;
  return find_group(socket.group);
}

/// Opens what is not open yet, and brings the rest up to date. What was opened is kept though another could
/// not be.
Status open_sockets(const LaunchOrder& order, LaunchMeans& means, std::vector<OpenedSocket>& opened) {
  const auto& sockets = order.program.sockets;
  if (sockets.empty()) return Done{};
  const auto identity = prepare_identity(order.program, means.identities);
  if (!identity) return identity.error();
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const auto group = group_of(sockets[i], identity.value());
    if (!group) return group.error().in("socket " + sockets[i].name);
    const SocketOwner owner{.uid = identity.value().uid, .gid = group.value()};
    if (i < order.sockets.size() && order.sockets[i]) {
      const auto reached = refresh_listening_socket(order.sockets[i]->get(), sockets[i], owner);
      if (!reached) return reached.error();
      if (reached.value()) continue;
    }
    auto fd = open_listening_socket(sockets[i], owner);
    if (!fd) return fd.error();
    opened.push_back({.address = sockets[i].address, .fd = std::move(fd).value()});
  }
  return Done{};
}

Status all_are_open(const LaunchOrder& order) {
  for (std::size_t i = 0; i < order.sockets.size(); ++i)
    if (!order.sockets[i]) return Error{"socket " + order.program.sockets[i].name + " is not open yet", 0};
  return Done{};
}

LaunchOutcome look(const LaunchOrder& order, LaunchMeans& means) {
  LaunchOutcome outcome;
  outcome.ticket = order.ticket;
  outcome.kind = LaunchOutcome::Kind::looked;
  auto checked = check_requirements(order.program);
  if (checked) checked = open_sockets(order, means, outcome.opened);
  if (!checked) outcome.error = checked.error();
  return outcome;
}

Result<std::vector<std::string>> environment_of(const LaunchOrder& order, const Identity& identity) {
  std::vector<std::string> extra = order.extra_environment;
  if (!order.sockets.empty())
    for (std::string& variable : passing_environment(order.program))
      extra.push_back(std::move(variable));
  return build_environment(order.program, identity, extra);
}

std::vector<int> numbers_of(const std::vector<std::shared_ptr<const Fd>>& sockets) {
  std::vector<int> numbers;
  for (const auto& socket : sockets)
    numbers.push_back(socket->get());
  return numbers;
}

Result<SpawnRequest> prepare(const LaunchOrder& order, LaunchMeans& means) {
  const model::Program& program = order.program;
  auto identity = prepare_identity(program, means.identities);
  if (!identity) return identity.error();
  auto environment = environment_of(order, identity.value());
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
                      .sockets = numbers_of(order.sockets),
                      .sockets_block = passed_blocking(program),
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
  if (order.kind == LaunchOrder::Kind::look) return look(order, means);
  if (order.check_requirements)
    if (const auto checked = check_requirements(order.program); !checked)
      return without_process(order.ticket, Kind::refused, checked.error());
  if (const auto open = all_are_open(order); !open)
    return without_process(order.ticket, Kind::refused, open.error());
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
