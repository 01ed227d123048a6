#include "linux/spawn.h"

#include "linux/child_stack.h"
#include "linux/clone_call.h"
#include "linux/descriptor_limit.h"
#include "linux/socket_passing.h"
#include "linux/spawn_child.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::linux_os {
namespace {

/// Blocks every signal of this thread, glibc's own two included: a handler of ours must not run in the child,
/// on the memory that it shares with us.
class AllSignalsBlocked {
public:
  AllSignalsBlocked() {
    const std::uint64_t all = ~std::uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof all);
  }
  ~AllSignalsBlocked() { ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

private:
  std::uint64_t before_ = 0;
};

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> list;
  list.reserve(words.size() + 1);
  for (const std::string& word : words)
    list.push_back(word.c_str());
  list.push_back(nullptr);
  return list;
}

/// A ChildPlan with what it points at.
class Preparation {
public:
  explicit Preparation(const SpawnRequest& request)
      : argv_(pointers(request.argv)), environment_(pointers(request.environment)),
        groups_(request.identity.groups) {
    std::sort(groups_.begin(), groups_.end());
    groups_.erase(std::unique(groups_.begin(), groups_.end()), groups_.end());
    groups_back_.resize(groups_.size() + 1);

    plan_.path = argv_[0];
    plan_.argv = argv_.data();
    plan_.environment = environment_.data();
    plan_.directory = request.directory.c_str();
    plan_.input = request.slots != nullptr ? request.slots->input() : request.input;
    plan_.output = request.slots != nullptr ? request.slots->output() : request.output;
    plan_.private_below = request.slots != nullptr ? request.slots->end() : 0;
    add_sockets(request);
    plan_.ignored_signals = request.inheritance != nullptr ? request.inheritance->ignored_signals()
                                                           : ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
    plan_.change_identity = request.change_identity;
    plan_.uid = request.identity.uid;
    plan_.gid = request.identity.gid;
    plan_.groups = groups_.data();
    plan_.group_count = groups_.size();
    plan_.groups_back = groups_back_.data();
    for (const int capability : request.capabilities)
      plan_.capabilities |= std::uint64_t{1} << static_cast<unsigned>(capability);
    plan_.no_new_privileges = request.no_new_privileges;
    plan_.umask = request.umask;
    add_limits(request.limits);
    set_oom_score(request);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  [[nodiscard]] ChildPlan& plan() { return plan_; }

private:
  void add_sockets(const SpawnRequest& request) {
    assert(request.sockets.size() <= most_passed_sockets);
    std::copy(request.sockets.begin(), request.sockets.end(), plan_.sockets.begin());
    plan_.socket_count = request.sockets.size();
    plan_.sockets_block = request.sockets_block;
    // Kept in the private copy of our table with all that stands below.
    if (plan_.private_below != 0)
      for (const int socket : request.sockets)
        plan_.private_below = std::max(plan_.private_below, static_cast<unsigned>(socket) + 1);
    for (std::size_t i = 0; !request.sockets.empty() && i < request.environment.size(); ++i)
      if (request.environment[i].starts_with(listen_pid)) {
        char* const digits = std::copy_n(listen_pid, std::strlen(listen_pid), listen_pid_.data());
        plan_.listen_pid = digits;
        environment_[i] = listen_pid_.data();
      }
  }

  void add_limits(const model::ProcessLimits& limits) {
    add_limit(RLIMIT_NOFILE, limits.open_files);
    if (const auto& at_start = descriptor_limit_at_start(); at_start && !limits.open_files)
      plan_.limits[plan_.limit_count++] = {.resource = RLIMIT_NOFILE, .value = *at_start};
    add_limit(RLIMIT_MEMLOCK, limits.locked_memory);
    add_limit(RLIMIT_CORE, limits.core);
  }

  void set_oom_score(const SpawnRequest& request) {
    char* const begin = plan_.oom_score.data();
    const auto end = std::to_chars(begin, begin + plan_.oom_score.size(), request.limits.oom_score).ptr;
    const auto size = static_cast<std::size_t>(end - begin);
    const bool inherited =
        request.inheritance != nullptr && request.inheritance->has_oom_score({begin, size});
    plan_.oom_score_size = inherited ? 0 : size;
  }

  void add_limit(int resource, const std::optional<std::uint64_t>& value) {
    if (value) plan_.limits[plan_.limit_count++] = {.resource = resource, .value = {*value, *value}};
  }

  std::vector<const char*> argv_;
  std::vector<const char*> environment_;
  std::vector<gid_t> groups_;
  std::vector<gid_t> groups_back_;
  std::array<char, 24> listen_pid_{}; ///< "LISTEN_PID=", and digits that the child writes
  ChildPlan plan_;
};

const char* word_for(SpawnStage stage) {
  switch (stage) {
  case SpawnStage::none: return "none";
  case SpawnStage::signals: return "rt_sigaction";
  case SpawnStage::descriptors: return "close_range";
  case SpawnStage::stdio: return "stdin and stdout";
  case SpawnStage::sockets: return "sockets";
  case SpawnStage::session: return "setsid";
  case SpawnStage::oom_score: return "oom_score_adj";
  case SpawnStage::limits: return "setrlimit";
  case SpawnStage::groups: return "setgroups";
  case SpawnStage::gid: return "setresgid";
  case SpawnStage::bounding_set: return "capability bounding set";
  case SpawnStage::keep_capabilities: return "PR_SET_KEEPCAPS";
  case SpawnStage::uid: return "setresuid";
  case SpawnStage::verify_ids: return "ids are not what was set";
  case SpawnStage::capabilities: return "capset";
  case SpawnStage::ambient: return "ambient capabilities";
  case SpawnStage::directory: return "chdir";
  case SpawnStage::no_new_privileges: return "no_new_privs";
  case SpawnStage::exec: return "execve";
  }
  return "";
}

Error failure(std::string_view subject, int code, const char* stage) {
  Error error = system_error(subject, code);
  error.what += std::string(" (") + stage + ")";
  return error;
}

template <typename Pointer>
std::uint64_t address(Pointer* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

clone_args arguments(const SpawnRequest& request, const ChildStack& stack, int& pidfd) {
  clone_args args{};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  args.pidfd = address(&pidfd);
  args.stack = address(stack.bottom());
  args.stack_size = ChildStack::usable;
  if (request.slots != nullptr) args.flags |= CLONE_FILES;
  if (request.cgroup_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<unsigned>(request.cgroup_fd);
  }
  if (request.pid_at_birth != nullptr) {
    static_assert(std::atomic<std::int32_t>::is_always_lock_free && sizeof(std::atomic<std::int32_t>) == 4);
    args.flags |= CLONE_PARENT_SETTID;
    args.parent_tid = address(request.pid_at_birth);
  }
  // With CLONE_PARENT the exit signal is the caller's own; naming another is EINVAL.
  if (request.parent_is_ours)
    args.exit_signal = SIGCHLD;
  else
    args.flags |= CLONE_PARENT;
  return args;
}

} // namespace

Result<Spawned> spawn(const SpawnRequest& request, pid_t& failed_pid) {
  assert(!request.argv.empty());
  failed_pid = 0;
  // Kept by the thread: to map and fault in a new one costs more than the clone, and to unmap it stops the
  // others.
  thread_local const ChildStack stack;
  if (!stack.ready()) return failure(request.argv[0], ENOMEM, "stack");
  if (request.slots != nullptr)
    if (const auto filled = request.slots->fill(request.input, request.output); !filled)
      return filled.error().in(request.argv[0]);
  Preparation preparation(request);
  ChildPlan& plan = preparation.plan();
  int pidfd = -1;
  clone_args args = arguments(request, stack, pidfd);

  long pid = 0;
  {
    const AllSignalsBlocked blocked;
    pid = holdfast_clone3(&args, sizeof args, &run_spawn_child, &plan);
  }
  if (request.slots != nullptr) request.slots->clear();
  if (pid < 0) return failure(request.argv[0], static_cast<int>(-pid), "clone3");
  Fd held(pidfd);
  if (plan.failed_stage == SpawnStage::none)
    return Spawned{.pid = static_cast<pid_t>(pid), .pidfd = std::move(held)};
  failed_pid = static_cast<pid_t>(pid);
  const std::string& subject =
      plan.failed_stage == SpawnStage::directory ? request.directory : request.argv[0];
  return failure(subject, plan.failed_errno, word_for(plan.failed_stage));
}

} // namespace holdfast::linux_os
