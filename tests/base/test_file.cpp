#include "base/file.h"
#include "base/signals.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;

TEST_CASE("file: replaced whole, read whole, with the mode asked for") {
  const test::Scratch scratch;
  const std::string path = scratch / "state";
  REQUIRE(replace_file(path, "one", 0640));
  REQUIRE(replace_file(path, "two\n", 0600));
  REQUIRE(read_file(path, 100).value() == "two\n");
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(::access((path + ".new").c_str(), F_OK) != 0);
}

TEST_CASE("file: too large, not regular and missing are told apart") {
  const test::Scratch scratch;
  REQUIRE(replace_file(scratch / "f", "12345", 0600));
  CHECK(read_file(scratch / "f", 4).error().code == EFBIG);
  CHECK(read_file(scratch / "none", 4).error().code == ENOENT);
  REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  CHECK(read_file(scratch / "fifo", 4).error().code == EINVAL);
}

TEST_CASE("file: directories are made with their parents, a file in the way is an error") {
  const test::Scratch scratch;
  REQUIRE(make_directories(scratch / "a/b/c", 0750));
  REQUIRE(make_directories(scratch / "a/b/c", 0750));
  REQUIRE(replace_file(scratch / "a/file", "", 0600));
  CHECK_FALSE(make_directories(scratch / "a/file", 0750));
}

TEST_CASE("signals: names both ways") {
  CHECK(signal_name(15) == "SIGTERM");
  CHECK(signal_number("SIGINT") == 2);
  CHECK_FALSE(signal_number("INT"));
  CHECK_FALSE(signal_number("SIGNONE"));
}
