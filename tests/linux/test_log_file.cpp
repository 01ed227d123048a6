#include "linux/log_capture.h"
#include "linux/log_file.h"
#include "linux/users.h"
#include "logs.h"
#include "zone.h"

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

Status append(LogFile& file, std::string_view bytes) {
  if (auto found = file.find_end(); !found) return found;
  return file.append(bytes);
}

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
  REQUIRE(append(file, "one\n"));
  REQUIRE(append(file, ""));
  REQUIRE(append(file, "tw"));
  CHECK_FALSE(file.at_line_start());
  REQUIRE(append(file, "o\n"));
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
  LogFile first = logs.open();
  REQUIRE(append(first, "one\ntorn"));
  LogFile file = logs.open();
  CHECK(file.at_line_start());
  CHECK(logs.text() == "one\ntorn");
  REQUIRE(append(file, "two\n"));
  REQUIRE(append(file, "three\n"));
  CHECK(logs.text() == "one\ntorn\ntwo\nthree\n");
  CHECK(file.size() == logs.text().size());
}

TEST_CASE("log file: opened again in the middle of a line whose end is still to come") {
  const Logs logs;
  LogFile first = logs.open();
  REQUIRE(append(first, "one\nbeg"));
  LogFile file = logs.open(1000, LastLine::goes_on);
  CHECK_FALSE(file.at_line_start());
  CHECK(file.takes_raw());
  REQUIRE(append(file, "un\n"));
  CHECK(logs.text() == "one\nbegun\n");
}

TEST_CASE("log file: bytes as they are, from a pipe to the end") {
  const Logs logs;
  LogFile first = logs.open();
  REQUIRE(append(first, "torn"));
  LogFile file = logs.open();
  CHECK_FALSE(file.takes_raw());
  REQUIRE(append(file, "one\n"));
  REQUIRE(file.takes_raw());
  auto pipe = LogPipe::make();
  REQUIRE(pipe);
  const int end = pipe.value().read.get();
  CHECK(file.take(end, 100) == 0);
  put(pipe.value().write, "two\nthr");
  CHECK(file.take(end, 3) == 3);
  CHECK_FALSE(file.at_line_start());
  REQUIRE(file.find_end());
  CHECK(file.take(end, 1) == 1);
  CHECK(file.at_line_start());
  CHECK(file.take(end, 100) == 3);
  CHECK_FALSE(file.at_line_start());
  pipe.value().write.reset();
  CHECK(file.take(end, 100) == 0);
  CHECK(logs.text() == "torn\none\ntwo\nthr");
  CHECK(file.size() == logs.text().size());
}

TEST_CASE("log file: one who was killed before the new file had its name has left nothing that counts") {
  const Logs logs;
  REQUIRE(replace_file(logs.path("redis.log.new"), "half made", 0600));
  LogFile file = logs.open();
  REQUIRE(append(file, "one\n"));
  CHECK(logs.names() == std::vector<std::string>{"redis.log"});
  CHECK(logs.text() == "one\n");
}

TEST_CASE("log file: cut back to the place where it ended; not where it is another or shorter") {
  const Logs logs;
  const int directory = logs.directory.get();
  LogFile file = logs.open();
  REQUIRE(append(file, "one\n"));
  const LogPlace place = file.place();
  CHECK(end_since(directory, "redis", place).value() == LogEnd::unchanged);
  REQUIRE(append(file, "half"));
  CHECK(end_since(directory, "redis", place).value() == LogEnd::open_line);
  REQUIRE(append(file, " and half\n"));
  CHECK(end_since(directory, "redis", place).value() == LogEnd::newline);
  REQUIRE(cut_back(directory, "redis", place));
  CHECK(logs.text() == "one\n");
  REQUIRE(cut_back(directory, "redis", place));
  CHECK(logs.text() == "one\n");

  REQUIRE(::truncate(logs.path("redis.log").c_str(), 2) == 0);
  REQUIRE(cut_back(directory, "redis", place));
  CHECK(logs.text() == "on");
  REQUIRE(::rename(logs.path("redis.log").c_str(), logs.path("moved").c_str()) == 0);
  REQUIRE(cut_back(directory, "redis", place));
  REQUIRE(replace_file(logs.path("redis.log"), "another file\n", 0640));
  CHECK(end_since(directory, "redis", place).value() == LogEnd::unchanged);
  REQUIRE(cut_back(directory, "redis", place));
  CHECK(logs.text() == "another file\n");
  CHECK(cut_back(directory, "redis", LogPlace{}));
}

TEST_CASE("log file: what is not a plain file of ours is refused") {
  const Logs logs;
  const auto refused = [&] {
    return LogFile::open(logs.directory.get(), "redis", {.size = 1000}, LastLine::torn).error().code;
  };
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
  REQUIRE(append(file, "12345\n"));
  CHECK_FALSE(file.wants_rotation());
  CHECK(file.room() == 4);
  REQUIRE(append(file, "12345"));
  CHECK_FALSE(file.wants_rotation());
  CHECK(file.room() == 0);
  REQUIRE(append(file, "\n"));
  CHECK(file.wants_rotation());

  REQUIRE(append(file, std::string((1U << 20U) - 3, 'x')));
  CHECK(file.room_without_newline() == 1);
  CHECK_FALSE(file.wants_rotation());
  REQUIRE(append(file, "x"));
  CHECK(file.wants_rotation());
}

TEST_CASE("log file: rotated under a name of its own, never over another") {
  const Logs logs;
  LogFile file = logs.open(4);
  for (const char* line : {"one\n", "two\n", "three\n"}) {
    REQUIRE(append(file, line));
    REQUIRE(file.rotate(moment));
    CHECK(file.size() == 0);
  }
  REQUIRE(append(file, "four\n"));
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

TEST_CASE("log file: put aside when the period of its lines is over") {
  const test::Zone zone("UTC");
  const Logs logs;
  const auto open = [&] {
    auto file = LogFile::open(logs.directory.get(), "redis", {.size = 1000, .every = 24h}, LastLine::torn);
    REQUIRE(file);
    return std::move(file).value();
  };
  const auto is_due = [](LogFile& file, WallTime now) {
    REQUIRE(file.find_end());
    file.look_at_clock(now);
    return file.wants_rotation();
  };
  LogFile file = open();
  CHECK_FALSE(is_due(file, moment));
  // Of an empty file no period is over.
  CHECK_FALSE(is_due(file, moment + 24h));
  CHECK_FALSE(is_due(file, moment));
  REQUIRE(append(file, "one\ntwo"));
  CHECK_FALSE(is_due(file, moment + 17h));
  CHECK(file.room() > 0);
  // The line that is open comes to its end in this file.
  CHECK_FALSE(is_due(file, moment + 24h));
  CHECK(file.room() == 0);
  CHECK(file.room_without_newline() > 1000);
  REQUIRE(append(file, "\n"));
  CHECK(is_due(file, moment + 24h));
  REQUIRE(file.rotate(moment + 24h));
  CHECK_FALSE(is_due(file, moment + 24h));
  REQUIRE(append(file, "three\n"));
  CHECK_FALSE(is_due(file, moment + 24h));
  // The clock is set back by days, and goes on from there: the lines of this day end with this day.
  CHECK_FALSE(is_due(file, moment - 48h));
  CHECK_FALSE(is_due(file, moment - 48h + 17h));
  CHECK(is_due(file, moment - 24h));

  const auto last_written = [&](WallTime when) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when.time_since_epoch()).count();
    const timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0}, {.tv_sec = seconds, .tv_nsec = 0}};
    REQUIRE(::utimensat(logs.directory.get(), "redis.log", times, 0) == 0);
  };
  last_written(moment);
  LogFile again = open();
  CHECK_FALSE(is_due(again, moment + 17h));
  CHECK(is_due(again, moment + 24h));
}

TEST_CASE("log file: names sort though the clock was set back, also after what others put aside") {
  const Logs logs;
  for (const char* name :
       {"redis.log-20261124T065330.123460Z.zst", "redis.log-not", "redis.log-20991124T065330.12345Z",
        "redis2.log-20991124T065330.123460Z", "xredis.log-20991124T065330.123460Z"})
    REQUIRE(replace_file(logs.path(name), "", 0600));
  LogFile file = logs.open(4);
  REQUIRE(append(file, "one\n"));
  REQUIRE(file.rotate(moment));
  CHECK(logs.text("redis.log-20261124T065330.123461Z") == "one\n");
  REQUIRE(append(file, "two\n"));
  REQUIRE(file.rotate(moment - 24h));
  CHECK(logs.text("redis.log-20261124T065330.123462Z") == "two\n");
  REQUIRE(append(file, "three\n"));
  REQUIRE(file.rotate(moment + 24h));
  CHECK(logs.text("redis.log-20261125T065330.123456Z") == "three\n");
}

TEST_CASE("log file: a rotation that fails changes nothing") {
  const Logs logs;
  LogFile file = logs.open(4);
  REQUIRE(append(file, "one\n"));
  // A directory stands where the new file is made: it cannot be unlinked as a file would be.
  REQUIRE(::mkdir(logs.path("redis.log.new").c_str(), 0700) == 0);
  CHECK(file.rotate(moment).error().code == EEXIST);
  REQUIRE(append(file, "two\n"));
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
  REQUIRE(append(file, "one\n"));
  REQUIRE(::unlink(logs.path("redis.log").c_str()) == 0);
  REQUIRE(append(file, "two\n"));
  CHECK(logs.text() == "two\n");
  REQUIRE(::truncate(logs.path("redis.log").c_str(), 0) == 0);
  REQUIRE(append(file, "three\n"));
  CHECK(logs.text() == "three\n");
  CHECK(file.size() == 6);
}

TEST_CASE("log file: no half line stays after a failed write") {
  const Logs logs;
  LogFile file = logs.open();
  REQUIRE(append(file, "one\n"));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 8, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto failed = append(file, "too long for it\n");
  const auto fitting = append(file, "2\n");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, old_handler);
  CHECK(failed.error().code == EFBIG);
  CHECK(fitting);
  CHECK(logs.text() == "one\n2\n");
  CHECK(file.size() == 6);
}
