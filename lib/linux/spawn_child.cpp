#include "linux/spawn_child.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

constexpr int last_signal = 64;
constexpr int last_possible_capability = 63;

/// An ignored signal stays ignored over an exec (SIGPIPE, most of all). Handlers are gone already
/// (CLONE_CLEAR_SIGHAND). With the kernel's call, since glibc hides two signals.
bool reset_signals(const ChildPlan& plan) {
  struct {
    std::uintptr_t handler;
    std::uint64_t flags;
    std::uintptr_t restorer;
    SignalSet mask;
  } const as_default{};
  for (int signal = 1; signal <= last_signal; ++signal)
    if ((plan.ignored_signals & signal_bit(signal)) != 0 &&
        ::syscall(SYS_rt_sigaction, signal, &as_default, nullptr, sizeof(SignalSet)) != 0)
      return false;
  return true;
}

bool empty_signal_mask() {
  const SignalSet none = 0;
  return ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none) == 0;
}

/// Until here the table is ours, and nothing in it may be touched. The kernel copies only what is below the
/// range.
bool unshare_descriptors(const ChildPlan& plan) {
  return plan.private_below == 0 ||
         ::syscall(SYS_close_range, plan.private_below, ~0U, CLOSE_RANGE_UNSHARE) == 0;
}

/// The number above all that the program gets.
unsigned end_of_passed(const ChildPlan& plan) {
  return 3 + static_cast<unsigned>(plan.socket_count);
}

/// A copy of `fd` above all that the program gets.
long out_of_the_way(const ChildPlan& plan, long fd) {
  return ::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, end_of_passed(plan));
}

/// The same, of /dev/null where there is no `fd`.
long stream_or_null(const ChildPlan& plan, int fd) {
  const long from =
      fd >= 0 ? fd : ::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
  return from < 0 ? from : out_of_the_way(plan, from);
}

bool arrange_stdio(const ChildPlan& plan) {
  const long input = stream_or_null(plan, plan.input);
  const long output = stream_or_null(plan, plan.output);
  return input >= 0 && output >= 0 && ::syscall(SYS_dup3, input, 0, 0) == 0 &&
         ::syscall(SYS_dup3, output, 1, 0) == 1 && ::syscall(SYS_dup3, output, 2, 0) == 2;
}

bool set_blocking(long fd, bool blocking) {
  const long flags = ::syscall(SYS_fcntl, fd, F_GETFL);
  if (flags < 0) return false;
  const long wanted = blocking ? flags & ~static_cast<long>(O_NONBLOCK) : flags | O_NONBLOCK;
  return wanted == flags || ::syscall(SYS_fcntl, fd, F_SETFL, wanted) == 0;
}

/// All are copied before the first is put in its place: that may be another's number.
bool arrange_sockets(const ChildPlan& plan) {
  long copies[most_passed_sockets] = {};
  for (std::size_t i = 0; i < plan.socket_count; ++i)
    if ((copies[i] = out_of_the_way(plan, plan.sockets[i])) < 0) return false;
  for (std::size_t i = 0; i < plan.socket_count; ++i) {
    const long place = 3 + static_cast<long>(i);
    if (::syscall(SYS_dup3, copies[i], place, 0) != place || !set_blocking(place, plan.sockets_block))
      return false;
  }
  return true;
}

/// What we hold besides stays open until exec and not a moment longer.
bool close_the_rest(const ChildPlan& plan) {
  return ::syscall(SYS_close_range, end_of_passed(plan), ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/// Nobody else knows it before the exec.
void write_pid(char* to) {
  std::array<char, 10> digits{};
  std::size_t count = 0;
  for (long pid = ::syscall(SYS_getpid); pid > 0; pid /= 10)
    digits[count++] = static_cast<char>('0' + pid % 10);
  while (count > 0)
    *to++ = digits[--count];
  *to = '\0';
}

bool write_oom_score(const ChildPlan& plan) {
  if (plan.oom_score_size == 0) return true;
  const long fd = ::syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  if (::syscall(SYS_write, fd, plan.oom_score.data(), plan.oom_score_size) >= 0) return true;
  // Without privileges a score can be raised only; a desktop session starts everything above 0.
  return errno == EACCES && !plan.change_identity;
}

bool set_limits(const ChildPlan& plan) {
  for (std::size_t i = 0; i < plan.limit_count; ++i)
    if (::syscall(SYS_prlimit64, 0, plan.limits[i].resource, &plan.limits[i].value, nullptr) != 0)
      return false;
  return true;
}

bool is_kept(const ChildPlan& plan, int capability) {
  return (plan.capabilities >> static_cast<unsigned>(capability) & 1U) != 0;
}

/// Root keeps what root has. Where a set-user-ID program may be meant to gain something, the bounding set
/// stays too.
bool shrink_bounding_set(const ChildPlan& plan) {
  if (plan.uid == 0 || !plan.no_new_privileges) return true;
  for (int capability = 0; capability <= last_possible_capability; ++capability) {
    if (is_kept(plan, capability)) continue;
    // EINVAL: past the last one that this kernel knows.
    if (::syscall(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL;
  }
  return true;
}

/// Reads the ids back: a change that did not happen (CVE-2006-2607 and its like) must not go unseen.
bool ids_are_right(const ChildPlan& plan) {
  uid_t uids[3] = {};
  gid_t gids[3] = {};
  if (::syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]) != 0) return false;
  if (::syscall(SYS_getresgid, &gids[0], &gids[1], &gids[2]) != 0) return false;
  const long count = ::syscall(SYS_getgroups, plan.group_count + 1, plan.groups_back);
  if (count < 0) return false;
  bool right = static_cast<std::size_t>(count) == plan.group_count;
  for (int i = 0; i < 3; ++i)
    right = right && uids[i] == plan.uid && gids[i] == plan.gid;
  for (std::size_t i = 0; right && i < plan.group_count; ++i)
    right = plan.groups_back[i] == plan.groups[i];
  if (!right) errno = EPERM;
  return right;
}

std::uint32_t bits_of(const ChildPlan& plan, unsigned word) {
  return static_cast<std::uint32_t>(plan.capabilities >> (32U * word));
}

/// Exactly the capabilities asked for, inheritable too, since an ambient one must be.
bool set_capabilities(const ChildPlan& plan) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  for (unsigned word = 0; word < _LINUX_CAPABILITY_U32S_3; ++word)
    sets[word].effective = sets[word].permitted = sets[word].inheritable = bits_of(plan, word);
  return ::syscall(SYS_capset, &header, sets) == 0;
}

/// Reads them back, for the same reason as the ids.
bool capabilities_are_right(const ChildPlan& plan) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) return false;
  bool right = true;
  for (unsigned word = 0; word < _LINUX_CAPABILITY_U32S_3; ++word)
    right =
        right && sets[word].effective == bits_of(plan, word) && sets[word].permitted == bits_of(plan, word);
  if (!right) errno = EPERM;
  return right;
}

/// Whether it is so now is asked, not whether it was accepted.
bool forgo_new_privileges() {
  if (::syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  const long set = ::syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  if (set == 0) errno = EPERM;
  return set == 1;
}

bool raise_ambient(const ChildPlan& plan) {
  if (::syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return false;
  for (int capability = 0; capability <= last_possible_capability; ++capability)
    if (is_kept(plan, capability) &&
        ::syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      return false;
  return true;
}

/// The kernel's set*id calls: glibc's would make every thread of the process whose memory this is change too.
SpawnStage change_identity(const ChildPlan& plan) {
  if (::syscall(SYS_setgroups, plan.group_count, plan.groups) != 0) return SpawnStage::groups;
  if (::syscall(SYS_setresgid, plan.gid, plan.gid, plan.gid) != 0) return SpawnStage::gid;
  if (!shrink_bounding_set(plan)) return SpawnStage::bounding_set;
  if (plan.capabilities != 0 && ::syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
    return SpawnStage::keep_capabilities;
  if (::syscall(SYS_setresuid, plan.uid, plan.uid, plan.uid) != 0) return SpawnStage::uid;
  if (!ids_are_right(plan)) return SpawnStage::verify_ids;
  if (plan.uid != 0 && !(set_capabilities(plan) && capabilities_are_right(plan)))
    return SpawnStage::capabilities;
  return SpawnStage::none;
}

/// The step that failed, with errno. The order is forced: oom_score_adj before the ids (after setresuid the
/// process is not dumpable and /proc/self is root's), limits before them too (raising one needs root), the
/// directory after them (it is the user who must be able to go there), the signal mask last.
SpawnStage carry_out(const ChildPlan& plan) {
  if (!reset_signals(plan)) return SpawnStage::signals;
  if (!unshare_descriptors(plan)) return SpawnStage::descriptors;
  // The streams first: their numbers in the plan may be those of sockets in the program.
  if (!arrange_stdio(plan)) return SpawnStage::stdio;
  if (!arrange_sockets(plan)) return SpawnStage::sockets;
  if (!close_the_rest(plan)) return SpawnStage::descriptors;
  if (plan.listen_pid != nullptr) write_pid(plan.listen_pid);
  if (::syscall(SYS_setsid) < 0) return SpawnStage::session;
  if (!write_oom_score(plan)) return SpawnStage::oom_score;
  ::syscall(SYS_umask, plan.umask);
  if (!set_limits(plan)) return SpawnStage::limits;
  if (plan.change_identity)
    if (const SpawnStage failed = change_identity(plan); failed != SpawnStage::none) return failed;
  if (!raise_ambient(plan)) return SpawnStage::ambient;
  if (::syscall(SYS_chdir, plan.directory) != 0) return SpawnStage::directory;
  if (plan.no_new_privileges && !forgo_new_privileges()) return SpawnStage::no_new_privileges;
  if (!empty_signal_mask()) return SpawnStage::signals;
  ::syscall(SYS_execve, plan.path, plan.argv, plan.environment);
  return SpawnStage::exec;
}

} // namespace

int run_spawn_child(void* argument) {
  ChildPlan& plan = *static_cast<ChildPlan*>(argument);
  const SpawnStage failed = carry_out(plan);
  plan.failed_errno = errno;
  plan.failed_stage = failed;
  return 127;
}

} // namespace holdfast::linux_os
