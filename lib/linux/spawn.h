#pragma once
// One process from clone to exec. The child shares our memory until exec (CLONE_VM, CLONE_VFORK): it
// allocates nothing, takes no lock, and calls the kernel directly.

#include "base/fd.h"
#include "base/result.h"
#include "linux/inheritance.h"
#include "linux/pidfd.h"
#include "linux/spawn_slots.h"
#include "model/spec.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace holdfast::linux_os {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string home;
  std::string shell;
  std::string name;
};

/// Looks user, group and supplementary groups up (NSS: may block on a network directory, so not in the loop).
/// A name that does not resolve is an error that names it. An empty user: the ids that we run with.
[[nodiscard]] Result<Identity> resolve_identity(const model::Program& program);

/// All that one spawn needs; everything in it outlives the call. The child is in a session of its own, has no
/// descriptor of ours but 0, 1 and 2 and the sockets, and no signal of its is blocked or ignored. With
/// sockets, the variable LISTEN_PID of the environment gets the child's pid. Where we are not root,
/// limits.oom_score is written as far as the kernel lets us: it can be raised only.
struct SpawnRequest {
  std::vector<std::string> argv;        ///< argv[0] is the absolute path that is executed
  std::vector<std::string> environment; ///< "NAME=value", complete
  std::string directory = "/";
  Identity identity;
  bool change_identity = true;   ///< false: keep our ids (we are not root)
  std::vector<int> capabilities; ///< ambient capabilities by number (below 64); root keeps all
  bool no_new_privileges = true;
  unsigned umask = 0027;
  model::ProcessLimits limits;
  int input = -1;                           ///< becomes 0; -1: /dev/null
  int output = -1;                          ///< becomes 1 and 2; -1: /dev/null
  std::vector<int> sockets;                 ///< become 3, 4, … and are not close-on-exec; 32 at most
  bool sockets_block = true;                ///< false: they are made non-blocking, for all who share them
  int cgroup_fd = -1;                       ///< the leaf
  const Inheritance* inheritance = nullptr; ///< borrowed; none: the child sets all
  const SpawnSlots* slots = nullptr; ///< borrowed; none: the child copies our whole table of descriptors
  std::atomic<std::int32_t>* pid_at_birth =
      nullptr;                 ///< written by the kernel (CLONE_PARENT_SETTID); may be null
  bool parent_is_ours = false; ///< true: the caller becomes the parent (tests); false: CLONE_PARENT
};

struct Spawned {
  pid_t pid = 0;
  Fd pidfd;
};

/// Blocks the calling thread until exec succeeded or a step failed; other threads run on. A failed step is an
/// error "PATH: No such file or directory (execve)" with its errno; the child that failed has exited with 127
/// and must be reaped by its parent like any other: `failed_pid` is its pid, 0 where there is none.
[[nodiscard]] Result<Spawned> spawn(const SpawnRequest& request, pid_t& failed_pid);

} // namespace holdfast::linux_os
