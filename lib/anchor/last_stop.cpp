#include "anchor/last_stop.h"

#include "base/clock.h"
#include "base/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <span>
#include <string>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace holdfast::anchor {
namespace {

using namespace std::chrono_literals;

constexpr Duration after_kill = 5s;

/// From the empty cgroup to the zombie it is microseconds; a child that lives elsewhere must not hold us.
constexpr Duration to_die = 200ms;

struct Target {
  pid_t pid;
  std::uint32_t rank;
  int signal;
  Duration wait;     ///< for its exit, from the signal on
  MonoTime deadline; ///< set when it is signalled
  std::string leaf;
};

/// The highest rank first.
std::vector<Target> targets_of(wire::LastStopTable& table) {
  std::vector<Target> targets;
  for (wire::LastStopRow& row : table.rows) {
    if (row.in_use.load() == 0) continue;
    row.leaf.back() = '\0';
    targets.push_back({row.pid.load(),
                       row.rank,
                       row.signal,
                       std::chrono::milliseconds(row.wait_ms),
                       {},
                       std::string(row.leaf.data())});
  }
  std::stable_sort(targets.begin(), targets.end(),
                   [](const Target& a, const Target& b) { return a.rank > b.rank; });
  return targets;
}

/// Reaps whatever has ended; a target whose main process is among them is marked by pid 0.
void reap(std::vector<Target>& targets) {
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0)
    for (Target& target : targets)
      if (target.pid == pid) target.pid = 0;
}

/// Sleeps until a child ends or `deadline`.
void wait_for_child(int signals, MonoTime deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - read_mono()).count();
  pollfd entry{signals, POLLIN, 0};
  ::poll(&entry, 1, static_cast<int>(std::clamp<long>(left, 0, 60'000)));
  signalfd_siginfo info{};
  while (::read(signals, &info, sizeof info) == sizeof info) {
  }
}

void kill_cgroup(const std::string& path) {
  const Fd fd(::open((path + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.valid()) static_cast<void>(!::write(fd.get(), "1", 1));
}

bool is_populated(int events) {
  std::array<char, 256> text{};
  const ssize_t n = ::pread(events, text.data(), text.size() - 1, 0);
  return n > 0 && std::strstr(text.data(), "populated 1") != nullptr;
}

/// Kills what is in the cgroup and waits until it is empty, at most `after_kill`.
void clear_cgroup(const std::string& path, std::vector<Target>& targets) {
  const Fd events(::open((path + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  if (!events.valid() || !is_populated(events.get())) return;
  kill_cgroup(path);
  const MonoTime deadline = later(read_mono(), after_kill);
  while (is_populated(events.get()) && read_mono() < deadline) {
    // The kernel may hold a notification back for 10 ms: the time-out makes that harmless.
    pollfd entry{events.get(), POLLPRI, 0};
    ::poll(&entry, 1, 20);
    reap(targets);
  }
}

/// Stops `rank`, a part of `all`.
void stop_rank(std::span<Target> rank, std::vector<Target>& all, int signals) {
  for (Target& target : rank) {
    // Safe by pid: it is our child and was not reaped, so the number is still its own.
    if (target.pid > 0) ::kill(target.pid, target.signal);
    target.deadline = later(read_mono(), target.wait);
  }
  for (;;) {
    reap(all);
    MonoTime next = never;
    const MonoTime now = read_mono();
    for (const Target& target : rank)
      if (target.pid > 0 && target.deadline > now) next = std::min(next, target.deadline);
    if (next == never) break;
    wait_for_child(signals, next);
  }
  for (const Target& target : rank)
    clear_cgroup(target.leaf, all);
}

/// Before anything is stopped that the public might ask.
void close_door(wire::LastStopTable& table) {
  table.door.back() = '\0';
  if (table.door.front() == '\0' || ::unlink(table.door.data()) == 0 || errno == ENOENT) return;
  std::perror("holdfast: the door cannot be closed, the public still comes in");
}

/// The end of the targets of the same rank as `first`.
std::vector<Target>::iterator end_of_rank(std::vector<Target>& targets, std::vector<Target>::iterator first) {
  return std::find_if(first, targets.end(), [&](const Target& target) { return target.rank != first->rank; });
}

} // namespace

Duration longest_last_stop(wire::LastStopTable& table) {
  auto targets = targets_of(table);
  Duration sum = 2 * after_kill + to_die; // of the tree as a whole, and of the observer
  for (auto first = targets.begin(); first != targets.end();) {
    const auto last = end_of_rank(targets, first);
    Duration longest{};
    for (auto target = first; target != last; ++target) {
      longest = std::max(longest, target->wait);
      sum += after_kill;
    }
    sum += longest;
    first = last;
  }
  return sum;
}

void last_stop(wire::LastStopTable& table, int signals) {
  close_door(table);
  auto targets = targets_of(table);
  for (auto first = targets.begin(); first != targets.end();) {
    const auto last = end_of_rank(targets, first);
    stop_rank({first, last}, targets, signals);
    first = last;
  }
  for (auto* const tree : {&table.stack, &table.observer}) {
    tree->back() = '\0';
    if (tree->front() != '\0') clear_cgroup(tree->data(), targets);
  }
  reap_the_dying(signals);
}

void reap_the_dying(int signals) {
  const MonoTime deadline = later(read_mono(), to_die);
  for (;;) {
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
    }
    const bool none_is_left = pid < 0;
    if (none_is_left || read_mono() >= deadline) return;
    wait_for_child(signals, deadline);
  }
}

} // namespace holdfast::anchor
