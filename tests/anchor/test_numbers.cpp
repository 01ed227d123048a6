#include "anchor/numbers.h"

#include "anchor/say.h"
#include "base/fd.h"
#include "linux/processes.h"
#include "no_allocation.h"
#include "support/catch.h"

#include <array>
#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::test;

namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

} // namespace

TEST_CASE("numbers: all that was inherited is closed but standard input and output, which are there") {
  Child child([] {
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    if (::dup2(STDOUT_FILENO, 3) < 0 || ::dup2(STDOUT_FILENO, 200) < 0) return 1;
    if (!anchor::clear_numbers()) return 2;
    for (int fd = 0; fd < 1000; ++fd)
      if (is_open(fd) != (fd <= STDERR_FILENO)) return 3;
    return 0;
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("numbers: a descriptor gets its number in place of what was there") {
  Child child([] {
    if (!anchor::clear_numbers()) return 1;
    const int wrong = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
    const int other = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    char byte = 1;
    if (!anchor::place(wrong, other) || is_open(wrong) || ::read(other, &byte, 1) != 1) return 2;
    if (::fcntl(other, F_GETFD) != FD_CLOEXEC) return 3;
    // Where it has the number already it keeps it.
    return anchor::place(other, other) && is_open(other) ? 0 : 4;
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("say: a line is cut, and lost where nobody reads; nobody waits for a reader") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  Child child([&] {
    if (::dup2(write_end.get(), STDERR_FILENO) < 0) return 1;
    const std::string longer(1000, 'x');
    anchor::say("%s", longer.c_str());
    // Far more than the pipe takes.
    for (int i = 0; i < 1000; ++i)
      anchor::say("%d and %s", i, longer.c_str());
    return 0;
  });
  CHECK(child.wait() == 0);
  write_end.reset();
  std::array<char, 300> first{};
  REQUIRE(::read(read_end.get(), first.data(), first.size()) == static_cast<ssize_t>(first.size()));
  const std::string line(first.data(), first.size());
  CHECK(line == "holdfast: " + std::string(289, 'x') + "\n");
}

TEST_CASE("no allocation: a process that may not allocate is aborted where it does") {
  Child child([] {
    forbid_allocation();
    delete new std::string(100, 'x');
    return 0;
  });
  const int status = child.wait();
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
}
