#pragma once
// What the kernel says of processes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace holdfast::test {

/// In a cgroup itself, not below it; empty where it is gone.
[[nodiscard]] std::vector<pid_t> pids_in(const std::string& cgroup);

/// A field of /proc/PID/stat by its number in proc(5), from 3 on; "0" where there is no such process.
[[nodiscard]] std::string stat_field(pid_t pid, std::size_t number);

/// 0 where there is no such process; so the next.
[[nodiscard]] pid_t parent_of(pid_t pid);
/// In ticks since the machine's start: with the pid it names a process for ever. 0 for a zombie too.
[[nodiscard]] std::uint64_t start_time(pid_t pid);

/// Its path below the v2 mount, such as "/a/b"; empty where there is no such process.
[[nodiscard]] std::string cgroup_of(pid_t pid);

} // namespace holdfast::test
