#include "archives/idle.h"
#include "log_directory.h"

#include <cerrno>
#include <csignal>
#include <functional>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace holdfast;
using namespace holdfast::archives;
using namespace holdfast::test;

namespace {

/// The exit code of a child that runs it.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("idle: processors and disks are everybody else's first") {
  CHECK(in_child([] {
          become_idle();
          if (::sched_getscheduler(0) != SCHED_IDLE) return 1;
          if (::getpriority(PRIO_PROCESS, 0) != 19) return 2;
          const long io = ::syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
          if (IOPRIO_PRIO_CLASS(static_cast<unsigned long>(io)) != IOPRIO_CLASS_IDLE) return 3;
          int signal = 0;
          if (::prctl(PR_GET_PDEATHSIG, &signal) != 0 || signal != SIGKILL) return 4;
          return 0;
        }) == 0);
}

TEST_CASE("idle: a lock is one process' until it ends") {
  const LogDirectory logs;
  const std::string path = logs.beside("lock");
  CHECK(in_child([&] {
          if (!lock_until_the_end(path)) return 1;
          const auto second = lock_until_the_end(path);
          return !second && second.error().code == EWOULDBLOCK ? 0 : 2;
        }) == 0);
  CHECK(in_child([&] { return lock_until_the_end(path) ? 0 : 1; }) == 0);
}

TEST_CASE("idle: a lock that somebody else could take and hold is refused") {
  const LogDirectory logs;
  const std::string path = logs.beside("lock");
  REQUIRE(replace_file(path, "", 0644));
  const auto readable = lock_until_the_end(path);
  REQUIRE_FALSE(readable);
  CHECK(readable.error().code == EPERM);
  REQUIRE(::unlink(path.c_str()) == 0);
  REQUIRE(::symlink("/dev/null", path.c_str()) == 0);
  const auto link = lock_until_the_end(path);
  REQUIRE_FALSE(link);
  CHECK(link.error().code == ELOOP);
  REQUIRE(::unlink(path.c_str()) == 0);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(lock_until_the_end(path));
}
