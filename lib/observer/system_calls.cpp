#include "observer/system_calls.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace holdfast::observer {
namespace {

/// What a call does to its own memory, its own threads, its own descriptors, or what only reads.
constexpr int harmless[] = {
    // Descriptors that are open
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(dup3),
    SCMP_SYS(lseek),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    // Sockets that connect
    SCMP_SYS(connect),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    // Files, to look at
    SCMP_SYS(stat),
    SCMP_SYS(fstat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    // Memory
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    // Threads
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    // What time it is, who we are, chance
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrandom),
    SCMP_SYS(capget),
};

constexpr int families[] = {AF_UNIX, AF_INET, AF_INET6};
/// Not those by which a descriptor sends signals to others.
constexpr int descriptor_commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};
constexpr unsigned long requests[] = {FIONBIO, FIONREAD, TCGETS};
constexpr int own_settings[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS,
                                PR_GET_SECCOMP};
constexpr std::uint64_t writes =
    O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

class Filter {
public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), seccomp_release) {}

  void allow(int call, const std::vector<scmp_arg_cmp>& arguments = {}) {
    note(seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, call, static_cast<unsigned>(arguments.size()),
                                arguments.data()));
  }

  [[nodiscard]] Status load() {
    // All threads; there is one when this is called, or a call of ours came too late.
    note(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    if (mistake_ == 0) note(seccomp_load(context_.get()));
    if (mistake_ != 0) return system_error("the filter of system calls", -mistake_);
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER)
      return Error{"the filter of system calls: not taken"};
    return Done{};
  }

private:
  void note(int answer) {
    if (mistake_ == 0 && answer < 0) mistake_ = answer;
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int mistake_ = 0;
};

scmp_arg_cmp argument(unsigned which, std::uint64_t value) {
  return {.arg = which, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

scmp_arg_cmp bits(unsigned which, std::uint64_t mask, std::uint64_t value) {
  return {.arg = which, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

} // namespace

Status allow_system_calls() {
  Filter filter;
  for (const int call : harmless)
    filter.allow(call);
  filter.allow(SCMP_SYS(open), {bits(1, writes, 0)});
  filter.allow(SCMP_SYS(openat), {bits(2, writes, 0)});
  // Threads of this process. clone3 hides its flags in memory; without it the C library takes clone.
  filter.allow(SCMP_SYS(clone), {bits(0, CLONE_THREAD, CLONE_THREAD)});
  for (const int command : descriptor_commands)
    filter.allow(SCMP_SYS(fcntl), {argument(1, static_cast<std::uint64_t>(command))});
  // The C library asks the kernel which families have an address.
  filter.allow(SCMP_SYS(socket), {argument(0, AF_NETLINK), argument(2, 0)});
  for (const int family : families)
    filter.allow(SCMP_SYS(socket), {argument(0, static_cast<std::uint64_t>(family))});
  for (const unsigned long request : requests)
    filter.allow(SCMP_SYS(ioctl), {argument(1, request)});
  for (const int setting : own_settings)
    filter.allow(SCMP_SYS(prctl), {argument(0, static_cast<std::uint64_t>(setting))});
  // Limits are read, of this process alone, and not set.
  filter.allow(SCMP_SYS(prlimit64), {argument(0, 0), argument(2, 0)});
  filter.allow(SCMP_SYS(getrlimit));
  // abort() sends itself a signal.
  filter.allow(SCMP_SYS(tgkill), {argument(0, static_cast<std::uint64_t>(getpid()))});
  return filter.load();
}

} // namespace holdfast::observer
