#include "linux/cgroup.h"
#include "linux/controllers.h"
#include "linux/group_limits.h"
#include "processes.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sys/stat.h>
#include <sys/xattr.h>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

const Controllers every(all_controllers.begin(), all_controllers.end());

/// A directory with files of the names that a kernel has in a cgroup. What a kernel says about what is
/// written is seen on the booted machine (tests/vm/cases/limits).
class FakeCgroup {
public:
  FakeCgroup() {
    for (const LimitFile& file : limit_files({}))
      put(file.name, "");
  }
  void put(std::string_view name, const std::string& text) {
    std::ofstream(scratch_ / std::string(name)) << text;
  }
  [[nodiscard]] std::string get(const std::string& name) const {
    std::ifstream in(scratch_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::string all() const {
    std::string text;
    for (const LimitFile& file : limit_files({}))
      text += get(std::string(file.name)) + "|";
    return text;
  }
  void remove(const std::string& name) { std::filesystem::remove(scratch_ / name); }
  [[nodiscard]] const std::string& path() const { return scratch_.path(); }

private:
  Scratch scratch_;
};

const model::GroupLimits some = {.memory = 2ULL << 30,
                                 .memory_high = 1ULL << 30,
                                 .swap = 0,
                                 .cpu = 1500,
                                 .cpu_weight = 50,
                                 .io_weight = 300,
                                 .tasks = 400,
                                 .oom_group = true};

} // namespace

TEST_CASE("limits: each in its file, and the kernel's default where one was taken away") {
  const FakeCgroup cgroup;
  CHECK(write_limits(cgroup.path(), some, every).empty());
  CHECK(cgroup.all() == "1073741824|1|2147483648|0|150000 100000|50|300|400|");
  CHECK(write_limits(cgroup.path(), {.oom_group = false}, every).empty());
  CHECK(cgroup.all() == "max|0|max|max|max 100000|100|100|max|");
}

TEST_CASE("limits: memory is slowed before it is killed for") {
  const auto files = limit_files(some);
  const auto place = [&](std::string_view name) {
    return std::find_if(files.begin(), files.end(), [&](const LimitFile& f) { return f.name == name; });
  };
  CHECK(place("memory.high") < place("memory.max"));
}

TEST_CASE("limits: what the kernel refuses is told with its file; what has no controller is passed over") {
  FakeCgroup cgroup;
  cgroup.remove("io.weight");
  cgroup.remove("memory.swap.max");
  CHECK(write_limits(cgroup.path(), {}, every).empty());
  const auto refused = write_limits(cgroup.path(), some, every);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].what == "0 is refused: " + cgroup.path() + "/memory.swap.max: No such file or directory");
  CHECK(refused[1].code == ENOENT);
  CHECK(cgroup.get("pids.max") == "400");
  CHECK(write_limits(cgroup.path(), some, {Controller::cpu}).empty());
}

TEST_CASE("controllers: read, passed on and taken back in one write each") {
  FakeCgroup cgroup;
  cgroup.put("cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma\n");
  cgroup.put("cgroup.subtree_control", "");
  CHECK(controllers_of(cgroup.path()).value() == every);
  CHECK(parse_controllers("").empty());
  CHECK(parse_controllers("cpuset pids") == Controllers{Controller::pids});
  REQUIRE(pass_on(cgroup.path(), every));
  CHECK(cgroup.get("cgroup.subtree_control") == "+cpu +io +memory +pids");
  cgroup.put("cgroup.subtree_control", "io pids\n");
  REQUIRE(pass_on_nothing(cgroup.path()));
  CHECK(cgroup.get("cgroup.subtree_control") == "-io -pids");
  CHECK(controllers_of("/nowhere").error().code == ENOENT);
}

TEST_CASE("controllers: a limit needs its own") {
  CHECK(needed_by({}).empty());
  CHECK(needed_by(some) == every);
  CHECK(needed_by({.swap = 0}) == Controllers{Controller::memory});
  CHECK(needed_by({.io_weight = 1}) == Controllers{Controller::io});
}

TEST_CASE("controllers: the reason why one is missing names the place") {
  const Scratch mount;
  const auto cgroup = [&](const std::string& path, const std::string& controllers, const std::string& pids) {
    ::mkdir((mount / path).c_str(), 0755);
    std::ofstream(mount / path + "/cgroup.controllers") << controllers;
    std::ofstream(mount / path + "/cgroup.procs") << pids;
  };
  cgroup("", "cpu memory pids", "1\n2\n");
  cgroup("user.slice", "memory pids", "");
  cgroup("user.slice/session", "memory", "17\n");
  cgroup("user.slice/session/ours", "", "");
  const std::string ours = mount / "user.slice/session/ours";
  const auto why = [&](Controller controller) { return why_missing(controller, mount.path(), ours); };
  CHECK(why(Controller::cpu) == mount.path() + " does not pass it on: it is not delegated");
  CHECK(why(Controller::pids) == mount / "user.slice does not pass it on: it is not delegated");
  CHECK(why(Controller::memory) == mount / "user.slice/session cannot pass it on: processes live in it");
  CHECK_FALSE(why(Controller::io).empty());
}

TEST_CASE("controllers: held by v1 where it has a hierarchy there") {
  const std::string text = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
                           "cpu\t2\t9\t1\nblkio\t0\t1\t1\nmemory\t4\t9\t1\n";
  CHECK(is_held_by_v1(Controller::cpu, text));
  CHECK(is_held_by_v1(Controller::memory, text));
  CHECK_FALSE(is_held_by_v1(Controller::io, text));
  CHECK_FALSE(is_held_by_v1(Controller::pids, text));
}

TEST_CASE("controllers: a cgroup is delegated where its manager says so") {
  const TestCgroup cgroup;
  CHECK_FALSE(is_delegated(cgroup.path()));
  REQUIRE(::setxattr(cgroup.path().c_str(), "user.delegate", "0", 1, 0) == 0);
  CHECK_FALSE(is_delegated(cgroup.path()));
  REQUIRE(::setxattr(cgroup.path().c_str(), "user.delegate", "1", 1, 0) == 0);
  CHECK(is_delegated(cgroup.path()));
}
