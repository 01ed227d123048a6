#include "engine/leaf_watch.h"
#include "engine/tree.h"

#include "linux/processes.h"
#include "support/catch.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

namespace {

/// No descriptor can be opened while it lives; nothing is to be asserted then, since sanitizers need one to
/// report.
class NoDescriptors {
public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest = ::fcntl(0, F_DUPFD_CLOEXEC, 0);
    ::close(lowest);
    const rlimit none{static_cast<rlim_t>(lowest), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

private:
  rlimit before_{};
};

} // namespace

TEST_CASE("leaf watch: a leaf that is empty is told from the loop, once, and the watch may go meanwhile") {
  const TestCgroup cgroup;
  boost::asio::io_context loop(1);
  const auto leaf = linux_os::Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  int told = 0;
  std::unique_ptr<LeafWatch> watch;
  watch = std::make_unique<LeafWatch>(loop, leaf.value(), [&] {
    ++told;
    watch.reset();
  });
  CHECK(told == 0);
  REQUIRE(loop.run_one_for(patience) == 1);
  loop.poll();
  CHECK(told == 1);
  CHECK_FALSE(watch);
}

TEST_CASE("leaf watch: the last process' end is seen, though the leaf was looked at before") {
  const TestCgroup cgroup;
  boost::asio::io_context loop(1);
  const auto leaf = linux_os::Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  const Child child(pause_for_ever);
  REQUIRE(linux_os::move_into(cgroup / "1", child.pid()));
  REQUIRE(leaf.value().populated().value());
  int told = 0;
  const LeafWatch watch(loop, leaf.value(), [&] { ++told; });
  loop.poll();
  CHECK(told == 0);
  REQUIRE(::kill(child.pid(), SIGKILL) == 0);
  while (told == 0)
    REQUIRE(loop.run_one_for(patience) == 1);
  CHECK(told == 1);
}

TEST_CASE("leaf watch: it needs no descriptor that could be lacking") {
  const TestCgroup cgroup;
  boost::asio::io_context loop(1);
  const auto leaf = linux_os::Leaf::make(cgroup / "1");
  REQUIRE(leaf);
  // The loop's own are there since its first watch.
  const auto other = linux_os::Leaf::make(cgroup / "2");
  const LeafWatch first(loop, other.value(), [] {});
  CHECK_NOTHROW([&] {
    const NoDescriptors none;
    LeafWatch(loop, leaf.value(), [] {});
  }());
}

TEST_CASE("leaf: one that cannot be opened is not left in the way of the next attempt") {
  const TestCgroup cgroup;
  const auto leaf = [&] {
    const NoDescriptors none;
    return linux_os::Leaf::make(cgroup / "1");
  }();
  REQUIRE_FALSE(leaf);
  CHECK(leaf.error().code == EMFILE);
  CHECK(linux_os::Leaf::make(cgroup / "1"));
  const auto again = linux_os::Leaf::make(cgroup / "1");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == EEXIST);
}
