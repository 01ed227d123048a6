#include "anchor/last_stop.h"

#include "anchor/say.h"
#include "base/clock.h"
#include "base/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::anchor {
namespace {

using namespace std::chrono_literals;

constexpr Duration after_kill = 5s;

/// From the empty cgroup to the zombie it is microseconds; a child that lives elsewhere must not hold us.
constexpr Duration to_die = 200ms;

bool is_of(const wire::LastStopRow& row, std::uint32_t rank) {
  return row.in_use.load() != 0 && row.rank == rank;
}

/// The highest rank that is lower than `below`; below 0: none. No rank is as high as `above_all`.
constexpr std::uint64_t above_all = std::uint64_t{1} << 32U;
std::optional<std::uint32_t> next_rank(const wire::LastStopTable& table, std::uint64_t below) {
  std::optional<std::uint32_t> highest;
  for (const wire::LastStopRow& row : table.rows)
    if (row.in_use.load() != 0 && row.rank < below && (!highest || row.rank > *highest)) highest = row.rank;
  return highest;
}

/// No ladder is as long as this; and of so many waits the sum is still a time.
constexpr Duration longest_wait = 7 * 24h;

Duration wait_of(const wire::LastStopRow& row) {
  return std::min<Duration>(std::chrono::milliseconds(row.wait_ms), longest_wait);
}

/// The engine wrote that it is; a number that is not would be somebody else's.
bool is_our_child(pid_t pid) {
  siginfo_t info{};
  return pid > 0 && ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// Reaps whatever has ended; a row whose main process is among them has pid 0 from then on.
void reap(wire::LastStopTable& table) {
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, nullptr, WNOHANG)) > 0)
    for (wire::LastStopRow& row : table.rows)
      if (row.pid.load() == pid) row.pid = 0;
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

bool is_populated(int events) {
  std::array<char, 256> text{};
  const ssize_t n = ::pread(events, text.data(), text.size() - 1, 0);
  return n > 0 && std::strstr(text.data(), "populated 1") != nullptr;
}

/// Kills what is in the cgroup and waits until it is empty, at most `after_kill`.
void clear_cgroup(std::array<char, wire::last_stop_path>& path, wire::LastStopTable& table) {
  path.back() = '\0';
  if (path.front() == '\0') return;
  const Fd directory(::open(path.data(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Fd events(::openat(directory.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
  if (!events.valid() || !is_populated(events.get())) return;
  const Fd kill(::openat(directory.get(), "cgroup.kill", O_WRONLY | O_CLOEXEC));
  if (kill.valid()) static_cast<void>(!::write(kill.get(), "1", 1));
  const MonoTime deadline = later(read_mono(), after_kill);
  while (is_populated(events.get()) && read_mono() < deadline) {
    // The kernel may hold a notification back for 10 ms: the time-out makes that harmless.
    pollfd entry{events.get(), POLLPRI, 0};
    ::poll(&entry, 1, 20);
    reap(table);
  }
}

void signal_rank(wire::LastStopTable& table, std::uint32_t rank) {
  for (wire::LastStopRow& row : table.rows) {
    if (!is_of(row, rank)) continue;
    const pid_t pid = row.pid.load();
    // Safe by pid: it is our child and was not reaped, so the number is still its own.
    if (!is_our_child(pid) || ::kill(pid, row.signal) != 0) row.pid = 0;
  }
}

/// When the next of the rank's processes is out of time; `never` where none is left to be waited for.
MonoTime next_deadline(const wire::LastStopTable& table, std::uint32_t rank, MonoTime signalled) {
  MonoTime next = never;
  const MonoTime now = read_mono();
  for (const wire::LastStopRow& row : table.rows)
    if (is_of(row, rank) && row.pid.load() > 0 && later(signalled, wait_of(row)) > now)
      next = std::min(next, later(signalled, wait_of(row)));
  return next;
}

void stop_rank(wire::LastStopTable& table, std::uint32_t rank, int signals) {
  signal_rank(table, rank);
  const MonoTime signalled = read_mono();
  for (;;) {
    reap(table);
    const MonoTime next = next_deadline(table, rank, signalled);
    if (next == never) break;
    wait_for_child(signals, next);
  }
  for (wire::LastStopRow& row : table.rows)
    if (is_of(row, rank)) clear_cgroup(row.leaf, table);
}

/// Before anything is stopped that the public might ask.
void close_door(wire::LastStopTable& table) {
  table.door.back() = '\0';
  if (table.door.front() == '\0' || ::unlink(table.door.data()) == 0 || errno == ENOENT) return;
  say("the door cannot be closed, the public still comes in: %s", ::strerrordesc_np(errno));
}

} // namespace

Duration longest_last_stop(const wire::LastStopTable& table) {
  Duration sum = 2 * after_kill + to_die; // of the tree as a whole, and of the observer
  for (auto rank = next_rank(table, above_all); rank; rank = next_rank(table, *rank)) {
    Duration longest{};
    for (const wire::LastStopRow& row : table.rows) {
      if (!is_of(row, *rank)) continue;
      longest = std::max(longest, wait_of(row));
      sum += after_kill;
    }
    sum += longest;
  }
  return sum;
}

void last_stop(wire::LastStopTable& table, int signals) {
  close_door(table);
  for (auto rank = next_rank(table, above_all); rank; rank = next_rank(table, *rank))
    stop_rank(table, *rank, signals);
  clear_cgroup(table.stack, table);
  clear_cgroup(table.observer, table);
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
