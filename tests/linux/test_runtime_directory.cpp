#include "base/file.h"
#include "linux/runtime_directory.h"
#include "support/catch.h"
#include "support/scratch.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::linux_os;

namespace {

const Identity user{.uid = 4711, .gid = 4712, .groups = {}, .home = "/", .shell = "", .name = "somebody"};

struct stat look(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info;
}

Status make(const std::string& path, unsigned mode = 0750) {
  return make_runtime_directory({.path = path, .mode = mode}, user);
}

} // namespace

TEST_CASE("runtime directory: made for the user, its parents ours") {
  const test::Scratch scratch;
  REQUIRE(make(scratch / "run/redis"));
  CHECK(look(scratch / "run").st_uid == ::geteuid());
  CHECK((look(scratch / "run").st_mode & 07777) == 0755);
  CHECK(look(scratch / "run/redis").st_uid == 4711);
  CHECK(look(scratch / "run/redis").st_gid == 4712);
  CHECK((look(scratch / "run/redis").st_mode & 07777) == 0750);
}

TEST_CASE("runtime directory: one of the user's stays with what is in it, and gets the mode") {
  const test::Scratch scratch;
  REQUIRE(make(scratch / "redis"));
  REQUIRE(replace_file(scratch / "redis/file", "x", 0600));
  REQUIRE(make(scratch / "redis", 02755));
  CHECK((look(scratch / "redis").st_mode & 07777) == 02755);
  CHECK(look(scratch / "redis/file").st_uid == ::geteuid());
}

TEST_CASE("runtime directory: what somebody else made is never given away") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "root").c_str(), 0755) == 0);
  CHECK(make(scratch / "root").error().code == EACCES);
  CHECK(look(scratch / "root").st_uid == ::geteuid());
  CHECK((look(scratch / "root").st_mode & 07777) == 0755);

  REQUIRE(::mkdir((scratch / "full").c_str(), 0700) == 0);
  REQUIRE(replace_file(scratch / "full/key", "x", 0600));
  CHECK(make(scratch / "full").error().code == EACCES);

  REQUIRE(::mkdir((scratch / "other").c_str(), 0700) == 0);
  REQUIRE(::chown((scratch / "other").c_str(), 4713, 4713) == 0);
  CHECK(make(scratch / "other").error().code == EACCES);

  REQUIRE(replace_file(scratch / "file", "x", 0700));
  CHECK(make(scratch / "file").error().code == ENOTDIR);
}

TEST_CASE("runtime directory: one that we were killed in the middle of making is finished") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "half").c_str(), 0700) == 0);
  REQUIRE(make(scratch / "half"));
  CHECK(look(scratch / "half").st_uid == 4711);
  CHECK((look(scratch / "half").st_mode & 07777) == 0750);
}

TEST_CASE("runtime directory: no symbolic link is followed, at the end or on the way") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "target").c_str(), 0700) == 0);
  REQUIRE(::symlink((scratch / "target").c_str(), (scratch / "link").c_str()) == 0);
  CHECK(make(scratch / "link").error().code == ENOTDIR);
  CHECK(make(scratch / "link/inner").error().code == ENOTDIR);
  CHECK(look(scratch / "target").st_uid == ::geteuid());
  CHECK(::access((scratch / "target/inner").c_str(), F_OK) != 0);
  CHECK(make(scratch / "target/../x").error().code == EINVAL);
  CHECK(make("relative").error().code == EINVAL);
  CHECK(make("/").error().code == EINVAL);
}

TEST_CASE("runtime directory: nothing is made where others may put another thing in its place") {
  const test::Scratch scratch;
  REQUIRE(::mkdir((scratch / "open").c_str(), 0700) == 0);
  REQUIRE(::chmod((scratch / "open").c_str(), 0777) == 0);
  CHECK(make(scratch / "open/x").error().code == EACCES);
  REQUIRE(::chmod((scratch / "open").c_str(), 01777) == 0);
  CHECK(make(scratch / "open/x"));
  REQUIRE(::mkdir((scratch / "theirs").c_str(), 0700) == 0);
  REQUIRE(::chown((scratch / "theirs").c_str(), 4711, 4712) == 0);
  CHECK(make(scratch / "theirs/x").error().code == EACCES);
  CHECK(::access((scratch / "theirs/x").c_str(), F_OK) != 0);
}
