#pragma once
// Control groups, version 2 (cgroups(7), Documentation/admin-guide/cgroup-v2.rst). Only what we made
// ourselves is ever written to.

#include "base/fd.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::linux_os {

/// The mount point of the v2 hierarchy, from /proc/self/mountinfo: /sys/fs/cgroup, or /sys/fs/cgroup/unified
/// beside v1.
[[nodiscard]] Result<std::string> cgroup_mount();

/// The path below the mount of the v2 cgroup that process `pid` is in ("/a/b"), from /proc/PID/cgroup.
[[nodiscard]] Result<std::string> cgroup_of(int pid);

/// Whether the kernel has what the supervision of runs needs: a v2 hierarchy where we may make a cgroup, with
/// cgroup.kill (5.14) and cgroup.events. The error says what is missing. Leaves nothing behind.
[[nodiscard]] Status check_cgroup_support(const std::string& below);

/// One value into a file of a cgroup, which takes it in one write or not at all. The error names the file.
[[nodiscard]] Status write_control(const std::string& path, std::string_view value);

/// mkdir of one cgroup; one that is there already is an error (EEXIST).
[[nodiscard]] Status make_cgroup(const std::string& path);

/// Removes a cgroup and all below it. A cgroup that holds a process is left, with an error (EBUSY).
[[nodiscard]] Status remove_cgroups(const std::string& path);

[[nodiscard]] Status move_into(const std::string& path, int pid);

/// Pids in this cgroup itself, not below it.
[[nodiscard]] Result<std::vector<int>> pids_in(const std::string& path);

/// Pids in this cgroup and all below it.
[[nodiscard]] std::vector<int> pids_below(const std::string& path);

/// Writes cgroup.kill: SIGKILL to all below. A cgroup that was ever killed kills whatever is cloned into it
/// later.
[[nodiscard]] Status kill_cgroup(const std::string& path);

/// The number in one of a cgroup's files (memory.current, pids.current); nothing where the file is not there,
/// as without its controller, or says "max".
[[nodiscard]] std::optional<std::uint64_t> number_in(const std::string& path, const std::string& file);

/// The number behind `key` in a file of a cgroup with a line for each (cpu.stat, which is there without
/// controllers too, memory.events, pids.events); nothing where there is none.
[[nodiscard]] std::optional<std::uint64_t> counter_in(const std::string& path, const std::string& file,
                                                      std::string_view key);
/// The same of the file's text.
[[nodiscard]] std::optional<std::uint64_t> parse_counter(std::string_view text, std::string_view key);

/// One run's own cgroup: made new, never used again. Owns the open descriptors, not the directory.
class Leaf {
public:
  /// Makes the directory `path` and opens it. Where it cannot be opened nothing of it is left, which would be
  /// in the way of the next attempt.
  [[nodiscard]] static Result<Leaf> make(std::string path);
  /// One that an earlier process made.
  [[nodiscard]] static Result<Leaf> open(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// For CLONE_INTO_CGROUP.
  [[nodiscard]] int directory_fd() const { return directory_.get(); }
  /// cgroup.events: readable at once; after a read from 0 it polls POLLPRI when `populated` changes. The
  /// kernel may hold a notification back for up to 10 ms after the one before.
  [[nodiscard]] int events_fd() const { return events_.get(); }
  /// Reads cgroup.events now. A leaf whose only members are zombies is not populated.
  [[nodiscard]] Result<bool> populated() const;
  [[nodiscard]] Status kill() const;
  /// SIGKILL is kill()'s business; this sends any other signal to every process of the leaf, each held by a
  /// pidfd and looked at again while held, so that no stranger with a reused pid is hit. Processes that are
  /// gone are no error.
  [[nodiscard]] Status signal_all(int signal) const;
  /// rmdir; EBUSY while a process lives in it.
  [[nodiscard]] Status remove() const;

private:
  Leaf(std::string path, Fd directory, Fd events);
  std::string path_;
  Fd directory_;
  Fd events_;
};

} // namespace holdfast::linux_os
