#include "linux/file_ring.h"
#include "support/catch.h"
#include "support/scratch.h"

#include "base/file.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sys/mount.h>
#include <sys/stat.h>

using namespace holdfast;
using namespace holdfast::linux_os;

namespace {

std::set<std::string> names_in(const std::string& directory) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.insert(entry.path().filename().string());
  return names;
}

FileRing ring_in(const std::string& directory, std::uint64_t kept = 1000) {
  return FileRing({.directory = directory, .ending = ".part", .kept = kept});
}

unsigned mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

} // namespace

TEST_CASE("file ring: numbered files of ours alone") {
  const test::Scratch scratch;
  auto ring = ring_in(scratch / "ring");
  REQUIRE(ring.begin("head "));
  REQUIRE(ring.append("one "));
  REQUIRE(ring.append("two"));
  REQUIRE(ring.begin("next"));
  CHECK(names_in(scratch / "ring") == std::set<std::string>{"0000000001.part", "0000000002.part"});
  CHECK(read_file(scratch / "ring/0000000001.part", 100).value() == "head one two");
  CHECK(read_file(scratch / "ring/0000000002.part", 100).value() == "next");
  CHECK(mode_of(scratch / "ring") == 0700);
  CHECK(mode_of(scratch / "ring/0000000001.part") == 0600);
}

TEST_CASE("file ring: goes on behind the files that are there, and leaves others alone") {
  const test::Scratch scratch;
  REQUIRE(ring_in(scratch / "ring").begin("1"));
  for (const char* name : {"0000000041.part", "x.part", "43", "0000000077.part.new"})
    std::ofstream(scratch / ("ring/" + std::string(name))) << "x";
  REQUIRE(ring_in(scratch / "ring").begin("42"));
  CHECK(names_in(scratch / "ring") == std::set<std::string>{"0000000001.part", "0000000041.part",
                                                            "0000000042.part", "0000000077.part.new", "43",
                                                            "x.part"});
}

TEST_CASE("file ring: the oldest go when more is kept than may be") {
  const test::Scratch scratch;
  auto ring = ring_in(scratch / "ring", 250);
  for (int i = 0; i < 10; ++i)
    REQUIRE(ring.begin(std::string(100, 'x')));
  CHECK(names_in(scratch / "ring") ==
        std::set<std::string>{"0000000008.part", "0000000009.part", "0000000010.part"});
}

TEST_CASE("file ring: a full disk is an error, and no half head stays") {
  const test::Scratch scratch;
  REQUIRE(::mount("tmpfs", scratch.path().c_str(), "tmpfs", 0, "size=16k") == 0);
  auto ring = ring_in(scratch / "ring");
  const Status full = ring.begin(std::string(100'000, 'x'));
  CHECK(full.error().code == ENOSPC);
  CHECK(names_in(scratch / "ring").empty());
  REQUIRE(ring.begin("head"));
  CHECK(ring.append(std::string(100'000, 'x')).error().code == ENOSPC);
  REQUIRE(::umount2(scratch.path().c_str(), MNT_DETACH) == 0);
}

TEST_CASE("file ring: what is no directory is not written to") {
  const test::Scratch scratch;
  const test::Scratch elsewhere;
  std::filesystem::create_directory_symlink(elsewhere.path(), scratch / "link");
  CHECK_FALSE(ring_in(scratch / "link").begin("x"));
  CHECK(names_in(elsewhere.path()).empty());
  CHECK_FALSE(ring_in(scratch / "missing/ring").begin("x"));
}
