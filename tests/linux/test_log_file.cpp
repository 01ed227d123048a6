#include "linux/log_file.h"
#include "linux/users.h"
#include "logs.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr WallTime moment{std::chrono::seconds(1795503210) + 123456us};

} // namespace

TEST_CASE("log directory: made for root and adm; one that others can write is refused") {
  const test::Scratch scratch;
  const mode_t before = ::umask(0077);
  REQUIRE(open_log_directory(scratch / "a/b/"));
  ::umask(before);
  struct stat info {};
  REQUIRE(::stat((scratch / "a/b").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0750);
  CHECK(info.st_gid == find_group("adm").value());
  REQUIRE(::chmod((scratch / "a/b").c_str(), 0770) == 0);
  CHECK(open_log_directory(scratch / "a/b").error().code == EACCES);
  REQUIRE(::chmod((scratch / "a/b").c_str(), 0700) == 0);
  REQUIRE(open_log_directory(scratch / "a/b"));
  REQUIRE(::stat((scratch / "a/b").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0700);
  REQUIRE(replace_file(scratch / "file", "", 0600));
  CHECK_FALSE(open_log_directory(scratch / "file"));
}

TEST_CASE("log file: appended to, with its mode and group whatever the umask") {
  const Logs logs;
  const mode_t before = ::umask(0077);
  LogFile file = logs.open();
  ::umask(before);
  REQUIRE(file.append("one\n"));
  REQUIRE(file.append(""));
  REQUIRE(file.append("tw"));
  CHECK_FALSE(file.at_line_start());
  REQUIRE(file.append("o\n"));
  CHECK(file.at_line_start());
  CHECK(file.size() == 8);
  CHECK(logs.text() == "one\ntwo\n");
  struct stat info {};
  REQUIRE(::stat(logs.path("redis.log").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
  CHECK(info.st_gid == find_group("adm").value());
}

TEST_CASE("log file: opened again it goes on; a torn line is ended first") {
  const Logs logs;
  REQUIRE(logs.open().append("one\n"));
  REQUIRE(logs.open().append("torn"));
  LogFile file = logs.open();
  CHECK(file.at_line_start());
  CHECK(logs.text() == "one\ntorn");
  REQUIRE(file.append("two\n"));
  REQUIRE(file.append("three\n"));
  CHECK(logs.text() == "one\ntorn\ntwo\nthree\n");
  CHECK(file.size() == logs.text().size());
}

TEST_CASE("log file: what is not a plain file of ours is refused") {
  const Logs logs;
  const auto refused = [&] { return LogFile::open(logs.directory.get(), "redis", 1000).error().code; };
  REQUIRE(::symlink("/etc/passwd", logs.path("redis.log").c_str()) == 0);
  CHECK(refused() == ELOOP);
  REQUIRE(::unlink(logs.path("redis.log").c_str()) == 0);
  REQUIRE(replace_file(logs.path("x"), "", 0640));
  REQUIRE(::link(logs.path("x").c_str(), logs.path("redis.log").c_str()) == 0);
  CHECK(refused() == EPERM);
  REQUIRE(::unlink(logs.path("redis.log").c_str()) == 0);
  REQUIRE(::mkfifo(logs.path("redis.log").c_str(), 0600) == 0);
  CHECK(refused() == EPERM);
  REQUIRE(::unlink(logs.path("redis.log").c_str()) == 0);
  REQUIRE(::rename(logs.path("x").c_str(), logs.path("redis.log").c_str()) == 0);
  REQUIRE(::chown(logs.path("redis.log").c_str(), 4711, 0) == 0);
  CHECK(refused() == EPERM);
}

TEST_CASE("log file: rotation is wanted at a line's end, or far past the size without one") {
  const Logs logs;
  LogFile file = logs.open(10);
  REQUIRE(file.append("12345\n"));
  CHECK_FALSE(file.wants_rotation());
  CHECK(file.room() == 4);
  REQUIRE(file.append("12345"));
  CHECK_FALSE(file.wants_rotation());
  CHECK(file.room() == 0);
  REQUIRE(file.append("\n"));
  CHECK(file.wants_rotation());

  REQUIRE(file.append(std::string((1U << 20U) - 3, 'x')));
  CHECK(file.room_without_newline() == 1);
  CHECK_FALSE(file.wants_rotation());
  REQUIRE(file.append("x"));
  CHECK(file.wants_rotation());
}

TEST_CASE("log file: rotated under a name of its own, never over another") {
  const Logs logs;
  LogFile file = logs.open(4);
  for (const char* line : {"one\n", "two\n", "three\n"}) {
    REQUIRE(file.append(line));
    REQUIRE(file.rotate(moment));
    CHECK(file.size() == 0);
  }
  REQUIRE(file.append("four\n"));
  CHECK(logs.names() == std::vector<std::string>{"redis.log", "redis.log-20261124T065330.123456Z",
                                                 "redis.log-20261124T065330.123457Z",
                                                 "redis.log-20261124T065330.123458Z"});
  CHECK(logs.text("redis.log-20261124T065330.123456Z") == "one\n");
  CHECK(logs.text("redis.log-20261124T065330.123457Z") == "two\n");
  CHECK(logs.text("redis.log-20261124T065330.123458Z") == "three\n");
  CHECK(logs.text() == "four\n");
  struct stat info {};
  REQUIRE(::stat(logs.path("redis.log").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0640);
}

TEST_CASE("log file: a rotation that fails changes nothing") {
  const Logs logs;
  LogFile file = logs.open(4);
  REQUIRE(file.append("one\n"));
  // A directory stands where the new file is made: it cannot be unlinked as a file would be.
  REQUIRE(::mkdir(logs.path("redis.log.new").c_str(), 0700) == 0);
  CHECK(file.rotate(moment).error().code == EEXIST);
  REQUIRE(file.append("two\n"));
  CHECK(logs.text() == "one\ntwo\n");
  REQUIRE(::rmdir(logs.path("redis.log.new").c_str()) == 0);
  // Left by one who died in the middle of a rotation.
  REQUIRE(replace_file(logs.path("redis.log.new"), "old", 0600));
  CHECK(file.rotate(moment));
  CHECK(logs.names() == std::vector<std::string>{"redis.log", "redis.log-20261124T065330.123456Z"});
}

TEST_CASE("log file: removed or emptied by somebody, no later line is lost") {
  const Logs logs;
  LogFile file = logs.open();
  REQUIRE(file.append("one\n"));
  REQUIRE(::unlink(logs.path("redis.log").c_str()) == 0);
  REQUIRE(file.append("two\n"));
  CHECK(logs.text() == "two\n");
  REQUIRE(::truncate(logs.path("redis.log").c_str(), 0) == 0);
  REQUIRE(file.append("three\n"));
  CHECK(logs.text() == "three\n");
  CHECK(file.size() == 6);
}

TEST_CASE("log file: no half line stays after a failed write") {
  const Logs logs;
  LogFile file = logs.open();
  REQUIRE(file.append("one\n"));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 8, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto failed = file.append("too long for it\n");
  const auto fitting = file.append("2\n");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, old_handler);
  CHECK(failed.error().code == EFBIG);
  CHECK(fitting);
  CHECK(logs.text() == "one\n2\n");
  CHECK(file.size() == 6);
}
