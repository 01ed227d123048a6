#include "engine/tree.h"

#include "linux/processes.h"
#include "linux/spawn.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <cerrno>
#include <filesystem>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

Tree::Options options_for(const std::string& base) {
  return {.base = base, .stack = "test", .services = {"a", "b"}, .supervisors = {}};
}

} // namespace

TEST_CASE("tree: is made with a place for each service, and goes again") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  const auto tree = Tree::make(options_for(cgroup / "base"), found);
  REQUIRE(tree);
  CHECK(found.empty());
  CHECK(tree.value().service("a") == cgroup / "base/stack/a");
  CHECK(std::filesystem::exists(cgroup / "base/stack/b/probe"));
  CHECK(std::filesystem::exists(cgroup / "base/supervisor"));
  CHECK(tree.value().remove());
  CHECK_FALSE(std::filesystem::exists(cgroup / "base"));
}

TEST_CASE("tree: a base that was there stays") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  const auto tree = Tree::make(options_for(cgroup.path()), found);
  REQUIRE(tree);
  CHECK(tree.value().remove());
  CHECK(std::filesystem::exists(cgroup.path()));
  CHECK_FALSE(std::filesystem::exists(cgroup / "stack"));
  CHECK_FALSE(std::filesystem::exists(cgroup / "supervisor"));
}

TEST_CASE("tree: what an earlier daemon left is killed and told") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  REQUIRE(Tree::make(options_for(cgroup.path()), found));
  const auto leaf = linux_os::Leaf::make(cgroup / "stack/a/17");
  REQUIRE(leaf);
  Child left(pause_for_ever);
  REQUIRE(linux_os::move_into(cgroup / "stack/a/17", left.pid()));
  REQUIRE(Tree::make(options_for(cgroup.path()), found));
  CHECK(found ==
        std::vector<std::string>{"killed 1 processes that an earlier daemon left in " + cgroup / "stack"});
  CHECK(WTERMSIG(left.wait()) == SIGKILL);
  CHECK_FALSE(std::filesystem::exists(cgroup / "stack/a/17"));
  // Made anew, so that what is cloned into it lives.
  CHECK(linux_os::make_cgroup(cgroup / "stack/a/1"));
}

TEST_CASE("tree: a base of our own naming goes though an earlier daemon left it") {
  const TestCgroup cgroup;
  Child daemon([&] {
    if (!linux_os::move_into(cgroup.path(), ::getpid())) return 1;
    std::vector<std::string> found;
    if (!Tree::make(options_for(""), found)) return 2;
    auto options = options_for("");
    options.supervisors = {::getpid()};
    const auto tree = Tree::make(options, found);
    if (!tree || tree.value().base() != cgroup / "holdfast-test") return 3;
    if (linux_os::cgroup_of(::getpid()).value().find("/holdfast-test/supervisor") == std::string::npos)
      return 4;
    return tree.value().remove() ? 0 : 5;
  });
  CHECK(WEXITSTATUS(daemon.wait()) == 0);
  CHECK_FALSE(std::filesystem::exists(cgroup / "holdfast-test"));
}

TEST_CASE("tree: a cgroup that systemd delegated is the base itself, and the supervisors come back to it") {
  const TestCgroup cgroup;
  REQUIRE(::setxattr(cgroup.path().c_str(), "user.delegate", "1", 1, 0) == 0);
  Child daemon([&] {
    if (!linux_os::move_into(cgroup.path(), ::getpid())) return 1;
    auto options = options_for("");
    options.supervisors = {::getpid()};
    std::vector<std::string> found;
    const auto tree = Tree::make(options, found);
    if (!tree || tree.value().base() != cgroup.path()) return 2;
    if (!linux_os::pids_in(cgroup.path()).value().empty()) return 3;
    if (tree.value().service("a") != cgroup / "stack/a") return 4;
    if (!tree.value().remove()) return 5;
    return linux_os::pids_in(cgroup.path()).value() == std::vector<int>{::getpid()} ? 0 : 6;
  });
  CHECK(WEXITSTATUS(daemon.wait()) == 0);
  CHECK(std::filesystem::exists(cgroup.path()));
  CHECK_FALSE(std::filesystem::exists(cgroup / "stack"));
  CHECK_FALSE(std::filesystem::exists(cgroup / "supervisor"));
}

TEST_CASE("tree: a process that is left when all should be over does not keep it") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  const auto tree = Tree::make(options_for(cgroup.path()), found);
  REQUIRE(tree);
  Child left(pause_for_ever);
  REQUIRE(linux_os::make_cgroup(cgroup / "stack/a/probe/1"));
  REQUIRE(linux_os::move_into(cgroup / "stack/a/probe/1", left.pid()));
  CHECK(tree.value().remove());
  CHECK(WTERMSIG(left.wait()) == SIGKILL);
}

TEST_CASE("tree: a process is in a leaf by the whole path, not by its end") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  const auto tree = Tree::make(options_for(cgroup.path()), found);
  REQUIRE(tree);
  const std::string leaf = tree.value().service("a") + "/1";
  const std::string below = leaf.substr(linux_os::cgroup_mount().value().size());
  CHECK(tree.value().is_in(below, leaf));
  CHECK(tree.value().is_in(below + "/own", leaf));
  for (const std::string& other : {std::string(), std::string("/"), std::string("/1"), std::string("/a/1"),
                                   std::string("/stack/a/1"), below + "0", leaf})
    CHECK_FALSE(tree.value().is_in(other, leaf));
}

TEST_CASE("tree: a path that the anchor's table has no room for is refused") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  auto options =
      options_for(cgroup / std::string(200, 'x') + "/" + std::string(200, 'y') + "/" + std::string(60, 'z'));
  CHECK(Tree::make(options, found).error().code == ENAMETOOLONG);
}

TEST_CASE("tree: one whose supervisors live belongs to another daemon, and stays as it is") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  REQUIRE(Tree::make(options_for(cgroup.path()), found));
  Child supervisor(pause_for_ever);
  Child service(pause_for_ever);
  REQUIRE(linux_os::make_cgroup(cgroup / "stack/a/17"));
  REQUIRE(linux_os::move_into(cgroup / "supervisor", supervisor.pid()));
  REQUIRE(linux_os::move_into(cgroup / "stack/a/17", service.pid()));
  const auto second = Tree::make(options_for(cgroup.path()), found);
  REQUIRE_FALSE(second);
  CHECK(second.error().what.find("process " + std::to_string(supervisor.pid())) != std::string::npos);
  CHECK(found.empty());
  CHECK(linux_os::pids_in(cgroup / "stack/a/17").value() == std::vector<int>{service.pid()});
}

TEST_CASE("tree: a base that is no path below the hierarchy is refused before anything is made") {
  const test::Scratch scratch;
  const std::string mount = linux_os::cgroup_mount().value();
  std::vector<std::string> found;
  for (const std::string& base :
       {scratch / "base", std::string("relative"), mount, mount + "/a//b", mount + "/../x"}) {
    INFO(base);
    CHECK(Tree::make(options_for(base), found).error().code == EINVAL);
  }
  CHECK_FALSE(std::filesystem::exists(scratch / "base"));
}

TEST_CASE("tree: a slash at the end of the base is none") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  const auto tree = Tree::make(options_for(cgroup / "base/"), found);
  REQUIRE(tree);
  CHECK(tree.value().base() == cgroup / "base");
  CHECK(tree.value().remove());
}

TEST_CASE("tree: a supervisor's cgroup that was killed is made anew, so that what is cloned from it lives") {
  const TestCgroup cgroup;
  std::vector<std::string> found;
  REQUIRE(Tree::make(options_for(cgroup.path()), found));
  REQUIRE(linux_os::kill_cgroup(cgroup / "supervisor"));
  REQUIRE(Tree::make(options_for(cgroup.path()), found));
  const auto leaf = linux_os::Leaf::make(cgroup / "stack/a/1");
  REQUIRE(leaf);
  Child engine([&] {
    if (!linux_os::move_into(cgroup / "supervisor", ::getpid())) return 1;
    linux_os::SpawnRequest request;
    request.argv = {"/bin/true"};
    request.change_identity = false;
    request.cgroup_fd = leaf.value().directory_fd();
    request.parent_is_ours = true;
    pid_t failed = 0;
    const auto spawned = linux_os::spawn(request, failed);
    int status = 0;
    return spawned && ::waitpid(spawned.value().pid, &status, 0) > 0 && status == 0 ? 0 : 2;
  });
  CHECK(engine.wait() == 0);
}
