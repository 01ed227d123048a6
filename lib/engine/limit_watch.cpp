#include "engine/limit_watch.h"

#include "linux/cgroup.h"

#include <chrono>
#include <utility>

namespace holdfast::engine {
namespace {

/// Killed may be the main process, or all of the run: its exit, which is on its way then, tells more.
constexpr auto exit_comes_within = std::chrono::seconds(1);

std::uint64_t refused_forks(const std::string& cgroup) {
  return linux_os::counter_in(cgroup, "pids.events", "max").value_or(0);
}

} // namespace

LimitWatch::LimitWatch(Parts parts, const model::Stack& stack, Happened happened)
    : parts_(parts), stack_(stack), happened_(std::move(happened)) {
  respecified();
}

void LimitWatch::respecified() {
  for (auto i = static_cast<std::uint32_t>(watched_.size()); i < stack_.size(); ++i)
    watch({i});
}

void LimitWatch::watch(ServiceId service) {
  const std::string cgroup = parts_.tree.service(stack_.spec(service).name);
  auto watched = std::make_unique<Watched>(parts_.loop);
  watched->refused = refused_forks(cgroup);
  watched->memory =
      CounterWatch::open(parts_.loop, cgroup + "/memory.events", [this, service] { killed(service); });
  watched->tasks =
      CounterWatch::open(parts_.loop, cgroup + "/pids.events", [this, service] { refused(service); });
  watched_.push_back(std::move(watched));
}

void LimitWatch::killed(ServiceId service) {
  Watched& watched = *watched_[service.index];
  if (!parts_.runs.present(service) || std::exchange(watched.holds, true)) return;
  watched.hold.expires_after(exit_comes_within);
  watched.hold.async_wait([this, service](boost::system::error_code error) {
    if (!error) tell_killed(service);
  });
}

void LimitWatch::tell_killed(ServiceId service) {
  watched_[service.index]->holds = false;
  const unsigned count = parts_.runs.killed_for_memory(service);
  if (count > 0) happened_(model::ProcessesKilled{service, *parts_.runs.present(service), count});
}

void LimitWatch::refused(ServiceId service) {
  Watched& watched = *watched_[service.index];
  const std::uint64_t seen = refused_forks(parts_.tree.service(stack_.spec(service).name));
  const bool more = std::exchange(watched.refused, seen) < seen;
  const auto run = parts_.runs.present(service);
  // Once a run: a fork bomb is refused a thousand times a second.
  if (more && run && std::exchange(watched.told, *run) != *run) happened_(model::TasksSpent{service, *run});
}

} // namespace holdfast::engine
