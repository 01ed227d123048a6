#include "linux/descriptor_limit.h"
#include "spawning.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <cerrno>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

Error failure_of(const SpawnRequest& request) {
  pid_t failed_pid = 0;
  const auto spawned = spawn(request, failed_pid);
  REQUIRE_FALSE(spawned);
  if (failed_pid != 0) {
    Child child(failed_pid);
    CHECK(WEXITSTATUS(child.wait()) == 127);
  }
  return spawned.error();
}

} // namespace

TEST_CASE("spawn: a child in its leaf, born there, its pid written at birth") {
  const TestCgroup cgroup;
  const auto leaf = Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  std::atomic<std::int32_t> pid_at_birth = 0;
  SpawnRequest request = request_for({"pause"});
  request.cgroup_fd = leaf.value().directory_fd();
  request.pid_at_birth = &pid_at_birth;
  pid_t failed_pid = 0;
  const auto spawned = spawn(request, failed_pid);
  REQUIRE(spawned);
  Child child(spawned.value().pid);
  CHECK(failed_pid == 0);
  CHECK(pid_at_birth == child.pid());
  CHECK(leaf.value().populated().value());
  CHECK(pids_in(leaf.value().path()).value() == std::vector<int>{child.pid()});
  CHECK((::fcntl(spawned.value().pidfd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(send_signal(spawned.value().pidfd.get(), SIGTERM));
  CHECK(WTERMSIG(child.wait()) == SIGTERM);
}

TEST_CASE("spawn: a leaf that was ever killed kills what is born in it; hence one leaf a run") {
  // The kernel compares a kill counter of the new process's parent with the cgroup's (mechanisms.md,
  // kill_seq.c).
  const TestCgroup cgroup;
  const auto leaf = Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  REQUIRE(leaf.value().kill());
  SpawnRequest request = request_for({"exit", "0"});
  request.cgroup_fd = leaf.value().directory_fd();
  pid_t failed_pid = 0;
  const auto spoilt = spawn(request, failed_pid);
  REQUIRE(spoilt);
  Child killed(spoilt.value().pid);
  CHECK(WTERMSIG(killed.wait()) == SIGKILL);

  const auto fresh = Leaf::make(cgroup / "2");
  REQUIRE(fresh);
  request.cgroup_fd = fresh.value().directory_fd();
  CHECK(output_of(request).status == 0);
}

TEST_CASE("spawn: with CLONE_PARENT the child is its grandparent's") {
  // An intermediate process plays the engine; it tells the pid through shared memory and stays until the end.
  void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto* const pid_at_birth = new (memory) std::atomic<std::int32_t>(0);
  Pipe pipe;
  const Child engine([&] {
    SpawnRequest request = request_for({"self"});
    request.parent_is_ours = false;
    request.output = pipe.write.get();
    request.pid_at_birth = pid_at_birth;
    pid_t failed_pid = 0;
    const auto spawned = spawn(request, failed_pid);
    return spawned ? pause_for_ever() : 1;
  });
  pipe.write.reset();
  // The engine holds the other end of the pipe: the child's text ends with its last line, not with the pipe.
  std::string text;
  char block[512];
  while (text.find("directory ") == std::string::npos || text.back() != '\n') {
    const ssize_t n = ::read(pipe.read.get(), block, sizeof block);
    REQUIRE(n > 0);
    text.append(block, static_cast<std::size_t>(n));
  }
  CHECK(field(text, "parent") == std::to_string(::getpid()));
  CHECK(field(text, "pid") == std::to_string(pid_at_birth->load()));
  CHECK(pid_at_birth->load() != engine.pid());
  Child child(pid_at_birth->load());
  CHECK(child.wait() == 0);
  ::munmap(memory, 4096);
}

TEST_CASE("spawn: a failing step is told with its errno and its name") {
  const Scratch scratch;
  SpawnRequest request = request_for({});

  request.argv = {scratch / "none"};
  Error error = failure_of(request);
  CHECK(error.code == ENOENT);
  CHECK(error.what == scratch / "none" + ": No such file or directory (execve)");

  REQUIRE(replace_file(scratch / "plain", "x", 0644));
  request.argv = {scratch / "plain"};
  error = failure_of(request);
  CHECK(error.code == EACCES);
  CHECK(error.what == scratch / "plain" + ": Permission denied (execve)");

  REQUIRE(replace_file(scratch / "nonsense", "no program", 0755));
  request.argv = {scratch / "nonsense"};
  error = failure_of(request);
  CHECK(error.code == ENOEXEC);
  CHECK(error.what.find("(execve)") != std::string::npos);

  request = request_for({"exit", "0"});
  request.directory = scratch / "nowhere";
  error = failure_of(request);
  CHECK(error.code == ENOENT);
  CHECK(error.what == scratch / "nowhere" + ": No such file or directory (chdir)");

  request = request_for({"exit", "0"});
  request.limits.open_files = std::uint64_t{1}
                              << 40U; // above the system's own bound, which root may not pass either
  error = failure_of(request);
  CHECK(error.code == EPERM);
  CHECK(error.what.find("(setrlimit)") != std::string::npos);

  request = request_for({"exit", "0"});
  request.limits.oom_score = 5000;
  error = failure_of(request);
  CHECK(error.code == EINVAL);
  CHECK(error.what.find("(oom_score_adj)") != std::string::npos);

  request = request_for({"exit", "0"});
  request.identity.uid = static_cast<uid_t>(-1); // to the kernel: no change, so that we stay root
  request.identity.gid = 1;
  error = failure_of(request);
  CHECK(error.code == EPERM);
  CHECK(error.what.find("(ids are not what was set)") != std::string::npos);
}

TEST_CASE("spawn: no process is left where the clone itself failed") {
  const TestCgroup cgroup;
  const auto leaf = Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  REQUIRE(leaf.value().remove());
  SpawnRequest request = request_for({"exit", "0"});
  request.cgroup_fd = leaf.value().directory_fd();
  pid_t failed_pid = -1;
  const auto spawned = spawn(request, failed_pid);
  REQUIRE_FALSE(spawned);
  CHECK(failed_pid == 0);
  CHECK(spawned.error().code == ENOENT);
  CHECK(spawned.error().what.find("(clone3)") != std::string::npos);
}

TEST_CASE("spawn: standard streams and nothing else; no signal blocked or ignored; a session of its own") {
  const Scratch scratch;
  // Open on purpose without CLOEXEC: nothing that some library opened may reach a service.
  const Fd leaking(::open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY));
  const auto old_pipe = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigaddset(&blocked, SIGRTMIN + 3);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const std::string descriptors = output_of(request_for({"descriptors"})).text;
  const std::string status = output_of(request_for({"cat", "/proc/self/status"})).text;
  const std::string self = output_of(request_for({"self"})).text;
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, &before, &after);
  ::signal(SIGPIPE, old_pipe);

  CHECK(field(descriptors, "0") == "/dev/null");
  CHECK(field(descriptors, "1").starts_with("pipe:"));
  CHECK(field(descriptors, "1") == field(descriptors, "2"));
  CHECK(std::count(descriptors.begin(), descriptors.end(), '\n') == 3);
  CHECK(field(status, "SigBlk:") == "0000000000000000");
  CHECK(field(status, "SigIgn:") == "0000000000000000");
  CHECK(field(self, "session") == field(self, "pid"));
  CHECK(sigismember(&after, SIGUSR1) == 1); // ours is as it was
}

TEST_CASE("spawn: input and output may be the caller's own standard streams in any order") {
  Pipe pipe;
  const Child middle([&] {
    // Descriptor 0 is the output, 1 a file to be input: each stands where the other must go.
    const int file = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ::dup2(pipe.write.get(), 0);
    ::dup2(file, 1);
    SpawnRequest request = request_for({"descriptors"});
    request.input = 1;
    request.output = 0;
    pid_t failed_pid = 0;
    return spawn(request, failed_pid) ? 0 : 1;
  });
  pipe.write.reset();
  const std::string descriptors = read_all(pipe.read.get(), 65536).value();
  CHECK(field(descriptors, "0").ends_with("/cmdline"));
  CHECK(field(descriptors, "1").starts_with("pipe:"));
  CHECK(field(descriptors, "2").starts_with("pipe:"));
}

TEST_CASE("spawn: slots above a limit that was lowered meanwhile are a shortage like any other") {
  Child child([] {
    const auto slots = SpawnSlots::reserve();
    const rlimit lowered{.rlim_cur = 3, .rlim_max = 1024};
    if (!slots || ::setrlimit(RLIMIT_NOFILE, &lowered) != 0) return 64;
    const auto filled = slots.value().fill(-1, 1);
    return filled ? 0 : filled.error().code;
  });
  const int status = child.wait();
  CHECK(WEXITSTATUS(status) == EMFILE);
}

TEST_CASE("spawn: with slots the child has its streams and no more, and our table is as it was") {
  const auto slots = SpawnSlots::reserve();
  REQUIRE(slots);
  std::vector<Fd> many;
  for (int i = 0; i < 100; ++i)
    many.emplace_back(::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  SpawnRequest request = request_for({"descriptors"});
  request.slots = &slots.value();
  request.input = many.back().get();
  const std::string descriptors = output_of(request).text; // ends: nobody else holds the pipe's other end
  CHECK(field(descriptors, "0").ends_with("/cmdline"));
  CHECK(field(descriptors, "1").starts_with("pipe:"));
  CHECK(field(descriptors, "1") == field(descriptors, "2"));
  CHECK(std::count(descriptors.begin(), descriptors.end(), '\n') == 3);
  for (const Fd& fd : many)
    CHECK(::fcntl(fd.get(), F_GETFD) == FD_CLOEXEC);
  CHECK(::fcntl(0, F_GETFD) == 0);
  CHECK(::fcntl(1, F_GETFD) == 0);

  request = request_for({"descriptors"});
  request.slots = &slots.value();
  CHECK(field(output_of(request).text, "0") == "/dev/null");
  request.argv = {"/nonexistent"};
  CHECK(failure_of(request).code == ENOENT);
}

TEST_CASE("spawn: exactly the environment that was asked for") {
  REQUIRE(::setenv("NOTIFY_SOCKET", "/run/nobody", 1) == 0);
  SpawnRequest request = request_for({"environment"});
  request.environment = {"B=2", "A=with space"};
  CHECK(output_of(request).text == "B=2\nA=with space\n");
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("spawn: our own raised limit of descriptors is not passed on") {
  rlimit ours{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &ours) == 0);
  const rlimit low{.rlim_cur = 100, .rlim_max = ours.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  REQUIRE(raise_descriptor_limit());
  rlimit raised{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &raised) == 0);
  CHECK(raised.rlim_cur == raised.rlim_max);
  const std::string text = output_of(request_for({"cat", "/proc/self/limits"})).text;
  CHECK(field(text, "Max open files").starts_with("100 "));
}

TEST_CASE(
    "spawn: ids, groups, umask, directory, limits, oom score and no_new_privs, read back from the kernel") {
  SpawnRequest request =
      request_for({"cat", "/proc/self/status", "/proc/self/limits", "/proc/self/oom_score_adj"});
  request.identity = {
      .uid = 4711, .gid = 4712, .groups = {30, 7, 30, 4712}, .home = "/", .shell = "", .name = "x"};
  request.limits = {.open_files = 123, .locked_memory = 65536, .core = 0, .oom_score = 321};
  const std::string ours = read_file("/proc/self/oom_score_adj", 100).value();
  const std::string text = output_of(request).text;
  CHECK(field(text, "Uid:") == "4711\t4711\t4711\t4711");
  CHECK(field(text, "Gid:") == "4712\t4712\t4712\t4712");
  CHECK(field(text, "Groups:") == "7 30 4712 ");
  CHECK(field(text, "NoNewPrivs:") == "1");
  for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"})
    CHECK(field(text, set) == "0000000000000000");
  CHECK(field(text, "Max open files").starts_with("123                  123 "));
  CHECK(field(text, "Max locked memory").starts_with("65536                65536 "));
  CHECK(field(text, "Max core file size").starts_with("0                    0 "));
  CHECK(text.ends_with("\n321\n"));
  CHECK(read_file("/proc/self/oom_score_adj", 100).value() == ours);

  request = request_for({"self"});
  request.identity = {.uid = 4711, .gid = 4712, .groups = {}, .home = "/", .shell = "", .name = "x"};
  request.umask = 0037;
  request.directory = "/usr/lib";
  const std::string self = output_of(request).text;
  CHECK(field(self, "umask") == "37");
  CHECK(field(self, "directory") == "/usr/lib");
}

TEST_CASE("spawn: the directory is entered as the user, not as root") {
  const Scratch scratch; // 0700 root
  SpawnRequest request = request_for({"self"});
  request.identity = {.uid = 4711, .gid = 4712, .groups = {}, .home = "/", .shell = "", .name = "x"};
  request.directory = scratch.path();
  CHECK(failure_of(request).code == EACCES);
}

TEST_CASE("spawn: a capability that is kept is effective after the exec, and it alone") {
  constexpr int net_bind_service = 10;
  SpawnRequest request = request_for({"cat", "/proc/self/status"});
  request.identity = {.uid = 4711, .gid = 4712, .groups = {}, .home = "/", .shell = "", .name = "x"};
  request.capabilities = {net_bind_service};
  const std::string text = output_of(request).text;
  for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"})
    CHECK(field(text, set) == "0000000000000400");
}

TEST_CASE("spawn: with new privileges allowed the bounding set stays, and root keeps what root has") {
  SpawnRequest request = request_for({"cat", "/proc/self/status"});
  request.no_new_privileges = false;
  const std::string root = output_of(request).text;
  CHECK(field(root, "NoNewPrivs:") == "0");
  CHECK(field(root, "CapEff:") != "0000000000000000");
  request.identity = {.uid = 4711, .gid = 4712, .groups = {}, .home = "/", .shell = "", .name = "x"};
  const std::string user = output_of(request).text;
  CHECK(field(user, "CapBnd:") == field(root, "CapBnd:"));
  CHECK(field(user, "CapEff:") == "0000000000000000");
}

TEST_CASE("spawn: many times over, no descriptor and no memory map is left behind") {
  const auto open_now = [] {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd)
      count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return count;
  };
  const int before = open_now();
  for (int i = 0; i < 50; ++i) {
    SpawnRequest request = request_for({"exit", "5"});
    if (i % 2 == 1) request.argv = {"/nonexistent"};
    if (i % 2 == 1)
      CHECK(failure_of(request).code == ENOENT);
    else
      CHECK(WEXITSTATUS(output_of(request).status) == 5);
  }
  CHECK(open_now() == before);
}
