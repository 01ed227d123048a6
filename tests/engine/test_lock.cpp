#include "engine/lock.h"

#include "base/file.h"
#include "linux/processes.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::engine;
using namespace holdfast::test;

TEST_CASE("lock: the second one is refused and told who holds it") {
  const Scratch scratch;
  const std::string path = scratch / "lock";
  {
    const auto first = take_lock(path, 4711);
    REQUIRE(first);
    const auto second = take_lock(path, 4712);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == EWOULDBLOCK);
    CHECK(second.error().what ==
          "this stack is run already, by process 4711 (" + path +
              "); stop that one first, or give this one its own stack.name and stack.runtime");
    Child other([&] { return take_lock(path, 4713) ? 1 : 0; });
    CHECK(other.wait() == 0);
    CHECK(read_file(path, 64).value() == "4711");
  }
  const auto third = take_lock(path, 12);
  CHECK(third);
  CHECK(read_file(path, 64).value() == "12");
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0600);
}

TEST_CASE("lock: a holder that did not write its pid yet has no name") {
  const Scratch scratch;
  const std::string path = scratch / "lock";
  const Fd holder(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::flock(holder.get(), LOCK_EX) == 0);
  const auto second = take_lock(path, 1);
  REQUIRE_FALSE(second);
  CHECK(second.error().what.starts_with("this stack is run already (" + path));
}

TEST_CASE("lock: lives as long as a copy of the descriptor, and a link is not followed") {
  const Scratch scratch;
  const std::string path = scratch / "lock";
  auto first = take_lock(path, 1);
  REQUIRE(first);
  const Fd copy(::fcntl(first.value().get(), F_DUPFD_CLOEXEC, 0));
  first.value().reset();
  CHECK_FALSE(take_lock(path, 2));
  REQUIRE(::symlink(path.c_str(), (scratch / "link").c_str()) == 0);
  CHECK(take_lock(scratch / "link", 2).error().code == ELOOP);
}
