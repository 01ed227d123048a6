#include "log_directory.h"
#include "support/mounts.h"

#include <ctime>
#include <thread>
#include <utility>

using namespace holdfast;
using namespace holdfast::archives;
using namespace holdfast::test;
using namespace std::chrono_literals;
using holdfast::wire::Compression;

namespace {

using Names = std::vector<std::string>;

const std::string first = "redis.log-20261124T065330.123456Z";
const std::string second = "redis.log-20261125T065330.123456Z";
const std::string third = "web.log-20261126T065330.123456Z";

/// As `logging.compress` would make it.
std::string packed(const std::string& text, Compression compression) {
  const LogDirectory elsewhere;
  elsewhere.put(first, text);
  static_cast<void>(elsewhere.tidy(orders(compression)));
  return elsewhere.text(first + (compression == Compression::zstd ? ".zst" : ".gz"));
}

struct stat status_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info;
}

/// A small file system over the directory.
class SmallDiskOver {
public:
  explicit SmallDiskOver(LogDirectory& logs) : path_(logs.path()) {
    mount_at(path_, {"-t", "tmpfs", "-o", "size=1m,mode=0750", "none"});
    logs.open();
  }
  ~SmallDiskOver() { unmount(path_); }
  SmallDiskOver(const SmallDiskOver&) = delete;
  SmallDiskOver& operator=(const SmallDiskOver&) = delete;

  void fill() const {
    const Fd fd(::open((path_ + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    const std::string block(4096, 'x');
    while (::write(fd.get(), block.data(), block.size()) > 0) {
    }
    REQUIRE(errno == ENOSPC);
  }
  void make_room() const { REQUIRE(::unlink((path_ + "/filler").c_str()) == 0); }

private:
  std::string path_;
};

std::string name_of_day(const std::string& service, int day) {
  return service + ".log-202601" + (day < 10 ? "0" : "") + std::to_string(day) + "T000000.000000Z";
}

} // namespace

TEST_CASE("tidier: what was put aside is compressed - with its time and mode and the directory's group") {
  const LogDirectory logs;
  REQUIRE(::chown(logs.path().c_str(), static_cast<uid_t>(-1), 4711) == 0);
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const std::string ending = compression == Compression::zstd ? ".zst" : ".gz";
  logs.put(first, lines(1000));
  logs.put(third, lines(2000, "web"));
  logs.put("redis.log", "goes on\n");
  const timespec times[] = {{.tv_sec = 1'700'000'000, .tv_nsec = 5},
                            {.tv_sec = 1'600'000'000, .tv_nsec = 123'456'789}};
  REQUIRE(::utimensat(AT_FDCWD, logs.path(first).c_str(), times, 0) == 0);
  CHECK(logs.tidy(orders(compression)).empty());
  CHECK(logs.names() == Names{"redis.log", first + ending, third + ending});
  CHECK(logs.unpacked(first + ending) == lines(1000));
  CHECK(logs.unpacked(third + ending) == lines(2000, "web"));
  CHECK(logs.text("redis.log") == "goes on\n");
  const struct stat is = status_of(logs.path(first + ending));
  CHECK((is.st_mode & 07777) == 0640);
  CHECK(is.st_gid == 4711);
  CHECK(is.st_uid == ::geteuid());
  CHECK(is.st_mtim.tv_sec == 1'600'000'000);
  CHECK(is.st_mtim.tv_nsec == 123'456'789);
  // There is nothing left to do.
  CHECK(logs.tidy(orders(compression)).empty());
  CHECK(logs.names() == Names{"redis.log", first + ending, third + ending});
}

TEST_CASE("tidier: without compression all stays as it is") {
  const LogDirectory logs;
  logs.put(first, lines(10));
  logs.put(second + ".gz", packed(lines(20), Compression::gzip));
  CHECK(logs.tidy(orders(Compression::none)).empty());
  CHECK(logs.names() == Names{first, second + ".gz"});
}

TEST_CASE("tidier: what is not named exactly as ours is not touched") {
  const LogDirectory logs;
  const Names others{"REDIS.log-20261124T065330.123456Z",     "redis.log",      "redis.log-20261124",
                     "redis.log-20261124T065330.123456Z.bak", "redis.log.1.gz", "redis.log.new"};
  for (const std::string& name : others)
    logs.put(name, "x");
  wire::ArchiveOrders strict = orders();
  strict.keep = {.age = 0s, .total = 0, .files = 1};
  CHECK(logs.tidy(strict).empty());
  CHECK(logs.names() == others);
}

TEST_CASE("tidier: what a crash left unfinished is made anew") {
  const LogDirectory logs;
  logs.put(first, lines(1000));
  logs.put(first + ".zst.tmp", packed(lines(1000), Compression::zstd).substr(0, 20));
  logs.put(second + ".gz.tmp", "of one that is gone");
  CHECK(logs.tidy(orders()).empty());
  CHECK(logs.names() == Names{first + ".zst"});
  CHECK(logs.unpacked(first + ".zst") == lines(1000));
}

TEST_CASE("tidier: of twins the plain one goes where the other is whole") {
  const LogDirectory logs;
  const auto compression = GENERATE(Compression::zstd, Compression::gzip);
  const auto wanted = GENERATE(Compression::zstd, Compression::none);
  const std::string ending = compression == Compression::zstd ? ".zst" : ".gz";
  logs.put(first, lines(1000));
  logs.put(first + ending, packed(lines(1000), compression));
  CHECK(logs.tidy(orders(wanted)).empty());
  CHECK(logs.names() == Names{first + ending});
  CHECK(logs.unpacked(first + ending) == lines(1000));
}

TEST_CASE("tidier: of twins the compressed one goes where it is not whole") {
  const LogDirectory logs;
  logs.put(first, lines(1000));
  logs.put(first + ".zst", packed(lines(1000), Compression::zstd).substr(0, 100));
  logs.put(first + ".gz", "no stream at all");
  logs.put(second, lines(5));
  logs.put(second + ".zst", "");
  CHECK(logs.tidy(orders()).empty());
  CHECK(logs.names() == Names{first + ".zst", second + ".zst"});
  CHECK(logs.unpacked(first + ".zst") == lines(1000));
  CHECK(logs.unpacked(second + ".zst") == lines(5));
}

TEST_CASE("tidier: twins that differ are both left alone and told") {
  const LogDirectory logs;
  logs.put(first, lines(1000));
  logs.put(first + ".zst", packed(lines(999), Compression::zstd));
  logs.put(third, lines(3));
  CHECK(troubles(logs.tidy(orders())) == Names{first + " and " + first + ".zst differ; both are left alone"});
  CHECK(logs.names() == Names{first, first + ".zst", third + ".zst"});
  CHECK(logs.text(first) == lines(1000));
  CHECK(logs.unpacked(first + ".zst") == lines(999));
}

TEST_CASE("tidier: links and FIFOs and what others own are left alone and told once") {
  const LogDirectory logs;
  const std::string outside = logs.beside("precious");
  REQUIRE(replace_file(outside, "precious\n", 0600));
  const std::string fifo = "a.log-20260101T000000.000000Z";
  const std::string hard = "b.log-20260102T000000.000000Z";
  const std::string link = "c.log-20260103T000000.000000Z";
  const std::string theirs = "d.log-20260104T000000.000000Z";
  const std::string folder = "e.log-20260105T000000.000000Z";
  REQUIRE(::mkfifo(logs.path(fifo).c_str(), 0640) == 0);
  REQUIRE(::link(outside.c_str(), logs.path(hard).c_str()) == 0);
  REQUIRE(::symlink(outside.c_str(), logs.path(link).c_str()) == 0);
  logs.put(theirs, "theirs\n");
  REQUIRE(::chown(logs.path(theirs).c_str(), 4711, 4711) == 0);
  REQUIRE(::mkdir(logs.path(folder).c_str(), 0700) == 0);
  // Where the compressed file is to be made somebody waits with a link.
  logs.put(first, lines(10));
  REQUIRE(::symlink(outside.c_str(), logs.path(first + ".zst.tmp").c_str()) == 0);
  wire::ArchiveOrders strict = orders();
  strict.keep.total = 1000;
  const Names names = logs.names();
  const Names told = troubles(logs.tidy(strict));
  CHECK(logs.names() == names);
  Names expected;
  for (const std::string& name : {fifo, hard, link, theirs, folder, first + ".zst.tmp"})
    expected.push_back(name + ": not a plain file of ours with one name; it is left alone");
  expected.push_back(first + " is not compressed: " + first + ".zst.tmp: File exists");
  CHECK(told == expected);
  CHECK(read_file(outside, 100).value() == "precious\n");
  CHECK(status_of(outside).st_nlink == 2);
}

TEST_CASE("tidier: another directory in the place of ours changes nothing") {
  const LogDirectory logs;
  logs.put(first, lines(100));
  const std::string elsewhere = logs.beside("elsewhere");
  std::filesystem::create_directory(elsewhere);
  REQUIRE(replace_file(elsewhere + "/" + second, lines(100), 0640));
  std::filesystem::rename(logs.path(), logs.beside("moved"));
  REQUIRE(::symlink(elsewhere.c_str(), logs.path().c_str()) == 0);
  wire::ArchiveOrders strict = orders();
  CHECK(logs.tidy(strict).empty());
  CHECK(logs.names() == Names{second});
  CHECK(std::filesystem::exists(logs.beside("moved/" + first + ".zst")));
  CHECK_FALSE(std::filesystem::exists(logs.beside("moved/" + first)));
}

TEST_CASE("tidier: a file that is changed while it is compressed stays") {
  const LogDirectory logs;
  logs.put(first, lines(200'000));
  std::vector<std::string> told;
  bool changed = false;
  wire::ArchiveOrders wanted = orders();
  Tidier tidier(logs.fd(), wanted, [&](const wire::ArchiveTidings& tidings) {
    if (!tidings.trouble.empty()) told.push_back(tidings.trouble);
  });
  // While it is read, which takes longer than this.
  const Fd writer(::open(logs.path(first).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  std::thread other([&] {
    while (!std::filesystem::exists(logs.path(first + ".zst.tmp")) &&
           !std::filesystem::exists(logs.path(first + ".zst"))) {
    }
    changed = ::write(writer.get(), "late\n", 5) == 5;
  });
  REQUIRE(tidier.run());
  other.join();
  REQUIRE(changed);
  CHECK(logs.names() == Names{first});
  CHECK(told == Names{first + " is not compressed: it was changed meanwhile"});
  CHECK(logs.text(first) == lines(200'000) + "late\n");
}

TEST_CASE("tidier: a disk without room - what is plain stays and is told once and compressed later") {
  enter_private_mounts();
  LogDirectory logs;
  const SmallDiskOver disk(logs);
  logs.put(first, lines(5000));
  logs.put(second, lines(6000));
  disk.fill();
  CHECK(troubles(logs.tidy(orders())) == Names{first + " is not compressed: write: No space left on device"});
  CHECK(logs.names() == Names{"filler", first, second});
  CHECK(logs.text(first) == lines(5000));
  disk.make_room();
  CHECK(logs.tidy(orders()).empty());
  CHECK(logs.names() == Names{first + ".zst", second + ".zst"});
  CHECK(logs.unpacked(second + ".zst") == lines(6000));
}

TEST_CASE("tidier: a disk without room - the limits count all the same") {
  enter_private_mounts();
  LogDirectory logs;
  const SmallDiskOver disk(logs);
  for (int day = 1; day <= 4; ++day)
    logs.put(name_of_day("redis", day), lines(2000));
  disk.fill();
  wire::ArchiveOrders wanted = orders();
  wanted.keep.total = lines(2000).size() * 7 / 2;
  const auto told = logs.tidy(wanted);
  CHECK(troubles(told).size() == 1);
  CHECK(logs.names() ==
        Names{"filler", name_of_day("redis", 2), name_of_day("redis", 3), name_of_day("redis", 4)});
}

TEST_CASE("tidier: on a short disk the oldest of all services go until enough is free") {
  enter_private_mounts();
  LogDirectory logs;
  const SmallDiskOver disk(logs);
  const std::string text(64U << 10U, 'x');
  for (int day = 1; day <= 6; ++day)
    logs.put(name_of_day(day % 2 == 0 ? "redis" : "web", day), text);
  logs.put("redis.log", text);
  wire::ArchiveOrders wanted = orders(Compression::none);
  // 1 MiB, of which seven sixteenths are taken.
  SECTION("with enough nothing goes") {
    wanted.free = {.warn = 50, .stop = 50};
    CHECK(logs.tidy(wanted).empty());
  }
  SECTION("less than is to be told is told") {
    wanted.free = {.warn = 60, .stop = 50};
    CHECK(troubles(logs.tidy(wanted)) ==
          Names{"less than 60% of their file system is free (logging.free.warn)"});
    CHECK(logs.names().size() == 7);
  }
  SECTION("what is missing is made free") {
    wanted.free = {.warn = 65, .stop = 65};
    const auto told = logs.tidy(wanted);
    REQUIRE(told.size() == 1);
    CHECK(told[0].removed[3] == wire::RemovedArchives{.files = 2, .bytes = 2 * text.size()});
    CHECK(logs.names() == Names{"redis.log", name_of_day("redis", 4), name_of_day("redis", 6),
                                name_of_day("web", 3), name_of_day("web", 5)});
  }
  SECTION("never the current one; that nothing is left to go is told") {
    wanted.free = {.warn = 99, .stop = 99};
    CHECK(troubles(logs.tidy(wanted)) == Names{"less than 99% of their file system is free "
                                               "(logging.free.stop), and no archive is left to be removed"});
    CHECK(logs.names() == Names{"redis.log"});
  }
}

TEST_CASE("tidier: what is removed is told with its reason") {
  const LogDirectory logs;
  logs.put("old.log-19700101T000000.000000Z", std::string(10, 'x'));
  for (int day = 1; day <= 5; ++day)
    logs.put(name_of_day("redis", day), std::string(100, 'x'));
  logs.put(name_of_day("web", 1), std::string(100, 'y'));
  logs.put("redis.log", std::string(100'000, 'x'));
  wire::ArchiveOrders wanted = orders(Compression::none);
  wanted.keep = {.age = 50 * 365 * 24h, .total = 300, .files = 3};
  const auto told = logs.tidy(wanted);
  REQUIRE(told.size() == 1);
  CHECK(told[0].removed[0] == wire::RemovedArchives{.files = 1, .bytes = 10});
  CHECK(told[0].removed[1] == wire::RemovedArchives{.files = 2, .bytes = 200});
  CHECK(told[0].removed[2] == wire::RemovedArchives{.files = 1, .bytes = 100});
  CHECK(logs.names() ==
        Names{"redis.log", name_of_day("redis", 3), name_of_day("redis", 4), name_of_day("redis", 5)});
}

TEST_CASE("tidier: nothing is removed for what is compressed in a moment") {
  const LogDirectory logs;
  const std::string text = lines(1000);
  const std::uint64_t small = packed(text, Compression::zstd).size();
  for (int day = 1; day <= 6; ++day)
    logs.put(name_of_day("redis", day) + ".zst", packed(text, Compression::zstd));
  logs.put(name_of_day("redis", 7), text);
  wire::ArchiveOrders wanted = orders();
  // Not with the plain one, but with what it becomes.
  wanted.keep.total = (6 * small + text.size()) * 85 / 100;
  REQUIRE(wanted.keep.total >= 7 * small);
  CHECK(logs.tidy(wanted).empty());
  CHECK(logs.names().size() == 7);
  // Who cannot keep up has a bound still: of much more than the total the oldest go before anything is
  // compressed.
  for (int day = 8; day <= 28; ++day)
    logs.put(name_of_day("redis", day), text);
  wanted.keep.total = 4 * text.size();
  const auto told = logs.tidy(wanted);
  REQUIRE(told.size() == 1);
  CHECK(logs.names().front() == name_of_day("redis", 24) + ".zst");
  CHECK(logs.names().back() == name_of_day("redis", 28) + ".zst");
}

TEST_CASE("tidier: what is put aside while it works is part of the work") {
  const LogDirectory logs;
  logs.put(first, lines(1000));
  bool added = false;
  Tidier tidier(logs.fd(), orders(), [&](const wire::ArchiveTidings&) {
    if (!std::exchange(added, true)) logs.put(third, lines(10, "web"));
  });
  REQUIRE(tidier.run());
  CHECK(logs.names() == Names{first + ".zst", third + ".zst"});
}

TEST_CASE("tidier: a directory that cannot be read is an error") {
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  Tidier tidier(file.get(), orders(), [](const wire::ArchiveTidings&) {});
  const auto done = tidier.run();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ENOTDIR);
}
