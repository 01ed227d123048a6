#include "base/fd.h"
#include "support/catch.h"
#include "wire/last_stop.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;

namespace {

Fd made_table() {
  const auto made = wire::make_last_stop();
  REQUIRE(made.ok());
  return Fd(made.value());
}

std::string refusal(const Fd& memory) {
  const auto table = wire::map_last_stop(memory.get());
  REQUIRE_FALSE(table.ok());
  return table.error().what;
}

constexpr const char* another_build =
    "the shared table is laid out for another build: only a restart of the daemon brings this one";

} // namespace

TEST_CASE("the shared table begins empty but for its layout and nobody inherits it by chance") {
  const Fd memory = made_table();
  CHECK((::fcntl(memory.get(), F_GETFD) & FD_CLOEXEC) != 0);
  const auto table = wire::map_last_stop(memory.get());
  REQUIRE(table.ok());
  CHECK(table.value()->layout == wire::last_stop_layout);
  CHECK(table.value()->life.upgrade == wire::Upgrade::none);
  std::string all(sizeof(wire::LastStopTable), '\0');
  REQUIRE(::pread(memory.get(), all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()));
  CHECK(all.find_first_not_of('\0', sizeof wire::last_stop_layout) == std::string::npos);
}

TEST_CASE("the shared table is one for all who map it") {
  const Fd memory = made_table();
  const auto anchors = wire::map_last_stop(memory.get());
  const auto engines = wire::map_last_stop(memory.get());
  REQUIRE(anchors.ok());
  REQUIRE(engines.ok());
  engines.value()->life.passed_trial = 1;
  engines.value()->rows.back().pid = 4711;
  CHECK(anchors.value()->life.passed_trial == 1);
  CHECK(anchors.value()->rows.back().pid == 4711);
}

TEST_CASE("a shared table of another build is refused in words and stays as it is") {
  const Fd memory = made_table();
  SECTION("of another layout") {
    const std::uint32_t next = wire::last_stop_layout + 1;
    REQUIRE(::pwrite(memory.get(), &next, sizeof next, 0) == sizeof next);
    CHECK(refusal(memory) == another_build);
    std::uint32_t left = 0;
    REQUIRE(::pread(memory.get(), &left, sizeof left, 0) == sizeof left);
    CHECK(left == next);
  }
  SECTION("of another size") {
    for (const off_t more : {off_t{-1}, off_t{4096}}) {
      const off_t size = static_cast<off_t>(sizeof(wire::LastStopTable)) + more;
      REQUIRE(::ftruncate(memory.get(), size) == 0);
      CHECK(refusal(memory) == another_build);
      struct stat left {};
      REQUIRE(::fstat(memory.get(), &left) == 0);
      CHECK(left.st_size == size);
    }
  }
}

TEST_CASE("what is no memory is no shared table") {
  CHECK(wire::map_last_stop(-1).error().code == EBADF);
}
