#pragma once
// What runs between clone and exec. It shares the memory of a process whose other threads run on: it
// allocates nothing, takes no lock, uses no glibc call that knows of threads (set*id), and leaves by exec or
// exit. All it needs is made ready before, in a ChildPlan.

#include "linux/inheritance.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <sys/resource.h>
#include <sys/types.h>

namespace holdfast::linux_os {

/// The steps in their order; `none` where the exec succeeded.
enum class SpawnStage : std::uint8_t {
  none,
  signals,
  descriptors,
  stdio,
  sockets,
  session,
  oom_score,
  limits,
  groups,
  gid,
  bounding_set,
  keep_capabilities,
  uid,
  verify_ids,
  capabilities,
  ambient,
  directory,
  no_new_privileges,
  exec,
};

constexpr std::size_t most_passed_sockets = 32;

struct PlannedLimit {
  int resource = 0;
  rlimit value{};
};

/// Borrowed pointers throughout; the parent stands still until they are not needed any more.
struct ChildPlan {
  const char* path = nullptr;
  const char* const* argv = nullptr;
  const char* const* environment = nullptr;
  const char* directory = nullptr;
  int input = -1;                                 ///< -1: /dev/null
  int output = -1;                                ///< -1: /dev/null
  std::array<int, most_passed_sockets> sockets{}; ///< become 3, 4, …
  std::size_t socket_count = 0;
  bool sockets_block = true;
  char* listen_pid = nullptr; ///< room for a pid's digits and a NUL; null: nobody wants it
  unsigned private_below = 0; ///< not 0: our table of descriptors is shared; below this it becomes a copy

  SignalSet ignored_signals = 0; ///< may be ignored here

  bool change_identity = false;
  uid_t uid = 0;
  gid_t gid = 0;
  const gid_t* groups = nullptr; ///< ascending, none twice, as the kernel gives them back
  std::size_t group_count = 0;
  gid_t* groups_back = nullptr; ///< room for one more than group_count

  std::uint64_t capabilities = 0; ///< bit N: capability N stays
  bool no_new_privileges = true;
  mode_t umask = 0;
  std::array<PlannedLimit, 3> limits{};
  std::size_t limit_count = 0;
  std::array<char, 8> oom_score{};
  std::size_t oom_score_size = 0; ///< 0: it is as wanted already

  SpawnStage failed_stage = SpawnStage::none; ///< written by the child
  int failed_errno = 0;                       ///< written by the child
};

/// The body for holdfast_clone3; `plan` is a ChildPlan. Returns never, except as exit code 127 of a failed
/// child.
int run_spawn_child(void* plan);

} // namespace holdfast::linux_os
