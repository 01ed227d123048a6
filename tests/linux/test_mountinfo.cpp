#include "linux/mountinfo.h"
#include "support/catch.h"

#include <algorithm>

using namespace holdfast::linux_os;

TEST_CASE("mountinfo: tags of any number, escapes decoded") {
  const auto mounts =
      parse_mountinfo("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
                      "40 35 0:30 / /srv/a\\040b\\134c ro - nfs4 server:/export\\011x rw\n"
                      "41 35 0:31 / /two rw shared:1 master:2 - tmpfs - rw\n");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].root == "/mnt1");
  CHECK(mounts[0].point == "/mnt2");
  CHECK(mounts[0].type == "ext3");
  CHECK(mounts[0].source == "/dev/root");
  CHECK(mounts[0].options == "rw,noatime");
  CHECK(mounts[1].point == "/srv/a b\\c");
  CHECK(mounts[1].source == "server:/export\tx");
  CHECK(mounts[2].type == "tmpfs");
  CHECK(mounts[2].source == "-");
}

TEST_CASE("mountinfo: lines that are not understood are passed over") {
  CHECK(parse_mountinfo("").empty());
  CHECK(parse_mountinfo("one two\n36 35 98:0 / /x rw shared:1 ext3 /dev/root rw\n36 35 98:0 / /x rw - ext3\n")
            .empty());
  CHECK(parse_mountinfo("1 2 3:4 / /a\\04 rw - t s o\n").at(0).point == "/a\\04");
}

TEST_CASE("mountinfo: this machine has a root and a proc") {
  const auto mounts = read_mountinfo();
  REQUIRE(mounts);
  const auto has = [&](const char* point) {
    return std::any_of(mounts.value().begin(), mounts.value().end(),
                       [&](const Mount& m) { return m.point == point; });
  };
  CHECK(has("/"));
  CHECK(has("/proc"));
}
