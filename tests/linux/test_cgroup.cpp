#include "linux/cgroup.h"
#include "linux/pidfd.h"
#include "processes.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

bool contains(const std::vector<int>& pids, int pid) {
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

} // namespace

TEST_CASE("cgroup: the kernel has what runs need; the check leaves nothing behind") {
  const TestCgroup cgroup;
  REQUIRE(check_cgroup_support(cgroup.path()));
  CHECK(remove_cgroups(cgroup.path()));
  CHECK(::mkdir(cgroup.path().c_str(), 0755) == 0);
  const Scratch elsewhere;
  const auto refused = check_cgroup_support(elsewhere.path());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("cgroup.kill") != std::string::npos);
  CHECK(::rmdir(elsewhere.path().c_str()) == 0);
  CHECK(::mkdir(elsewhere.path().c_str(), 0700) == 0);
}

TEST_CASE("cgroup: one that is there is not made again, one that is lived in is not removed") {
  const TestCgroup cgroup;
  REQUIRE(make_cgroup(cgroup / "a"));
  CHECK(make_cgroup(cgroup / "a").error().code == EEXIST);
  REQUIRE(make_cgroup(cgroup / "a/b"));
  const Child child(pause_for_ever);
  REQUIRE(move_into(cgroup / "a/b", child.pid()));
  CHECK(remove_cgroups(cgroup / "a").error().code == EBUSY);
  CHECK(contains(pids_in(cgroup / "a/b").value(), child.pid()));
  CHECK(pids_in(cgroup / "a").value().empty());
  CHECK(contains(pids_below(cgroup / "a"), child.pid()));
  CHECK(cgroup_mount().value() + cgroup_of(child.pid()).value() == cgroup / "a/b");
}

TEST_CASE("cgroup: CPU time is counted without controllers") {
  const TestCgroup cgroup;
  CHECK(counter_in(cgroup.path(), "cpu.stat", "usage_usec") == 0U);
  CHECK(number_in(cgroup.path(), "cgroup.max.depth") == std::nullopt);
  CHECK(number_in(cgroup.path(), "pids.none") == std::nullopt);
  CHECK(number_in(cgroup.path(), "cgroup.freeze") == 0U);
  const Child child([&] {
    if (!move_into(cgroup.path(), ::getpid())) return 1;
    for (;;)
      static_cast<void>(::getppid());
  });
  CHECK(comes_true([&] { return counter_in(cgroup.path(), "cpu.stat", "usage_usec") > 0U; }));
}

TEST_CASE("leaf: populated while a process lives; a zombie does not count and does not keep it") {
  const TestCgroup cgroup;
  const auto made = Leaf::make(cgroup / "1");
  REQUIRE(made);
  const Leaf& leaf = made.value();
  CHECK_FALSE(leaf.populated().value());
  Child child(pause_for_ever);
  REQUIRE(move_into(leaf.path(), child.pid()));
  CHECK(leaf.populated().value());
  CHECK(leaf.remove().error().code == EBUSY);
  REQUIRE(leaf.kill());
  child.wait_for_end();
  REQUIRE(becomes_readable(leaf.events_fd(), POLLPRI));
  CHECK_FALSE(leaf.populated().value());
  CHECK(leaf.remove());
  CHECK(WTERMSIG(child.wait()) == SIGKILL);
}

TEST_CASE("leaf: a name is used once") {
  const TestCgroup cgroup;
  REQUIRE(Leaf::make(cgroup / "1"));
  CHECK(Leaf::make(cgroup / "1").error().code == EEXIST);
}

TEST_CASE("leaf: a signal reaches every process below and nobody beside") {
  const TestCgroup cgroup;
  const auto leaf = Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  REQUIRE(make_cgroup(cgroup / "1/inner"));
  REQUIRE(make_cgroup(cgroup / "11"));
  Child inside(pause_for_ever);
  Child deeper(pause_for_ever);
  const Child beside(pause_for_ever);
  REQUIRE(move_into(cgroup / "1", inside.pid()));
  REQUIRE(move_into(cgroup / "1/inner", deeper.pid()));
  REQUIRE(move_into(cgroup / "11", beside.pid()));
  REQUIRE(leaf.value().signal_all(SIGTERM));
  CHECK(WTERMSIG(inside.wait()) == SIGTERM);
  CHECK(WTERMSIG(deeper.wait()) == SIGTERM);
  siginfo_t info{};
  CHECK(::waitid(P_PID, static_cast<id_t>(beside.pid()), &info, WEXITED | WNOHANG | WNOWAIT) == 0);
  CHECK(info.si_pid == 0);
  CHECK(leaf.value().signal_all(SIGTERM));
}

TEST_CASE("pidfd: a zombie keeps its pid, one that was reaped does not") {
  Child child([] { return 3; });
  const auto pidfd = open_pidfd(child.pid());
  REQUIRE(pidfd);
  child.wait_for_end();
  CHECK(holds_pid(pidfd.value().get()));
  const pid_t pid = child.pid();
  child.wait();
  CHECK_FALSE(holds_pid(pidfd.value().get()));
  CHECK(send_signal(pidfd.value().get(), SIGTERM));
  CHECK(open_pidfd(pid).error().code == ESRCH);
}
