#include "linux/cgroup.h"
#include "linux/pidfd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

/// A process may fork while its leaf is being signalled: the children are looked for again, so many times at
/// most.
constexpr int most_rounds = 8;

bool is_within(std::string_view cgroup, std::string_view leaf) {
  return cgroup == leaf || (cgroup.starts_with(leaf) && cgroup[leaf.size()] == '/');
}

/// `leaf` is the path below the mount.
Status signal_one(int pid, std::string_view leaf, int signal) {
  const auto pidfd = open_pidfd(pid);
  if (!pidfd) return pidfd.error().code == ESRCH ? Status(Done{}) : Status(pidfd.error());
  // Looked at while held: between the list and here the pid may have become a stranger's.
  const auto cgroup = cgroup_of(pid);
  if (!cgroup || !is_within(cgroup.value(), leaf)) return Done{};
  return send_signal(pidfd.value().get(), signal);
}

} // namespace

Leaf::Leaf(std::string path, Fd directory, Fd events)
    : path_(std::move(path)), directory_(std::move(directory)), events_(std::move(events)) {}

Result<Leaf> Leaf::make(std::string path) {
  if (auto made = make_cgroup(path); !made) return made.error();
  auto leaf = open(path);
  if (!leaf) ::rmdir(path.c_str());
  return leaf;
}

Result<Leaf> Leaf::open(std::string path) {
  Fd directory(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) return system_error(path, errno);
  Fd events(::openat(directory.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
  if (!events.valid()) return system_error(path + "/cgroup.events", errno);
  return Leaf(std::move(path), std::move(directory), std::move(events));
}

Result<bool> Leaf::populated() const {
  std::array<char, 256> text{};
  const ssize_t n = ::pread(events_.get(), text.data(), text.size(), 0);
  if (n < 0) return system_error(path_ + "/cgroup.events", errno);
  const std::string_view events(text.data(), static_cast<std::size_t>(n));
  if (events.find("populated 1") != std::string_view::npos) return true;
  if (events.find("populated 0") != std::string_view::npos) return false;
  return Error{path_ + "/cgroup.events: says nothing about populated", EPROTO};
}

Status Leaf::kill() const {
  return kill_cgroup(path_);
}

Status Leaf::signal_all(int signal) const {
  const auto mount = cgroup_mount();
  if (!mount) return mount.error();
  if (!path_.starts_with(mount.value() + "/")) return Error{path_ + ": not below " + mount.value(), EINVAL};
  const std::string_view below = std::string_view(path_).substr(mount.value().size());

  Status outcome = Done{};
  std::vector<int> sent;
  for (int round = 0; round < most_rounds; ++round) {
    const std::size_t before = sent.size();
    for (const int pid : pids_below(path_)) {
      if (std::find(sent.begin(), sent.end(), pid) != sent.end()) continue;
      sent.push_back(pid);
      if (auto signalled = signal_one(pid, below, signal); !signalled) outcome = signalled;
    }
    if (sent.size() == before) break;
  }
  return outcome;
}

Status Leaf::remove() const {
  if (::rmdir(path_.c_str()) != 0) return system_error(path_, errno);
  return Done{};
}

} // namespace holdfast::linux_os
