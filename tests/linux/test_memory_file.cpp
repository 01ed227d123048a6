#include "linux/memory_file.h"
#include "support/catch.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

using namespace holdfast;
using namespace holdfast::linux_os;

TEST_CASE("memory file: what was stored is there for whoever has the descriptor") {
  auto made = make_memory_file("holdfast-test", 8192);
  REQUIRE(made);
  CHECK((::fcntl(made.value()->fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(made.value()->bytes() == std::string(8192, '\0'));
  const Fd held(::dup(made.value()->fd()));
  made.value()->set(16, 0x0102030405060708);
  made.value()->copy(100, "hello");
  made.value().reset();

  auto mapped = map_memory_file(Fd(::dup(held.get())));
  REQUIRE(mapped);
  CHECK(mapped.value()->at(16) == 0x0102030405060708);
  CHECK(mapped.value()->bytes().substr(100, 6) == std::string("hello\0", 6));
  CHECK(mapped.value()->bytes().size() == 8192);
}

TEST_CASE("memory file: it grows by zeros and keeps what it has") {
  auto made = make_memory_file("holdfast-test", 4096);
  REQUIRE(made);
  made.value()->set(0, 7);
  REQUIRE(made.value()->grow(100));
  CHECK(made.value()->bytes().size() == 4096);
  REQUIRE(made.value()->grow(10U << 20));
  CHECK(made.value()->bytes().size() == 10U << 20);
  CHECK(made.value()->at(0) == 7);
  CHECK(made.value()->bytes().find_first_not_of('\0', 8) == std::string_view::npos);
  made.value()->set((10U << 20) - 8, 9);
  auto again = map_memory_file(Fd(::dup(made.value()->fd())));
  REQUIRE(again);
  CHECK(again.value()->at((10U << 20) - 8) == 9);
}

TEST_CASE("memory file: a limit is an error and no signal and changes nothing") {
  auto made = make_memory_file("holdfast-test", 4096);
  REQUIRE(made);
  made.value()->set(0, 7);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit limit{8192, 8192};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
    const auto grown = made.value()->grow(1U << 20);
    const bool is_told = !grown.ok() && grown.error().code == EFBIG;
    made.value()->set(0, 8);
    ::_exit(is_told && made.value()->bytes().size() == 4096 && made.value()->grow(8192) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(made.value()->at(0) == 8);
}

TEST_CASE("memory file: a copy has what was there and goes its own way") {
  auto made = make_memory_file("holdfast-test", 3U << 20);
  REQUIRE(made);
  made.value()->set(0, 7);
  made.value()->copy(5000, "hello");
  made.value()->set((3U << 20) - 8, 9);
  const std::string before(made.value()->bytes());
  auto fd = copy_memory_file("holdfast-trial", made.value()->fd());
  REQUIRE(fd);
  CHECK((::fcntl(fd.value().get(), F_GETFD) & FD_CLOEXEC) != 0);
  made.value()->set(0, 8);
  auto copy = map_memory_file(std::move(fd).value());
  REQUIRE(copy);
  // Of this size nobody wants to read them.
  const bool same = copy.value()->bytes() == before;
  CHECK(same);
  copy.value()->set(16, 1);
  CHECK(made.value()->at(0) == 8);
  CHECK(made.value()->at(16) == 0);
}

TEST_CASE("memory file: copied whole wherever its writer is in it") {
  auto made = make_memory_file("holdfast-test", 4096);
  REQUIRE(made);
  const Fd fd(::dup(made.value()->fd()));
  made.value()->copy(0, "hello");
  REQUIRE(::lseek(fd.get(), 4000, SEEK_SET) == 4000);
  auto copy = map_memory_file(copy_memory_file("holdfast-trial", fd.get()).value());
  REQUIRE(copy);
  CHECK(copy.value()->bytes().size() == 4096);
  CHECK(copy.value()->bytes().substr(0, 5) == "hello");
  CHECK(::lseek(fd.get(), 0, SEEK_CUR) == 4000);
}

TEST_CASE("memory file: what cannot be copied is an error") {
  CHECK(copy_memory_file("holdfast-trial", -1).error().code == EBADF);
  auto made = make_memory_file("holdfast-test", 1U << 20);
  REQUIRE(made);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{8192, 8192};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
    const auto copy = copy_memory_file("holdfast-trial", made.value()->fd());
    ::_exit(!copy.ok() && copy.error().code == EFBIG ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("memory file: what cannot be mapped is an error") {
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const Fd write_end(pipe[1]);
  CHECK_FALSE(map_memory_file(Fd(pipe[0])));
  CHECK_FALSE(map_memory_file(Fd()));
}
