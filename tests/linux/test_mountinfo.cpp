#include "linux/mountinfo.h"
#include "support/catch.h"

#include <algorithm>
#include <sys/sysmacros.h>

using namespace holdfast::linux_os;

TEST_CASE("mountinfo: tags of any number, escapes decoded") {
  const auto mounts =
      parse_mountinfo("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
                      "40 35 0:30 / /srv/a\\040b\\134c ro - nfs4 server:/export\\011x rw\n"
                      "41 35 0:31 / /two rw shared:1 master:2 - tmpfs - rw\n");
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].id == 36);
  CHECK(mounts[0].parent == 35);
  CHECK(mounts[0].device == makedev(98, 0));
  CHECK(mounts[0].root == "/mnt1");
  CHECK(mounts[0].point == "/mnt2");
  CHECK(mounts[0].type == "ext3");
  CHECK(mounts[0].source == "/dev/root");
  CHECK(mounts[0].options == "rw,noatime");
  CHECK(mounts[0].fs_options == "rw,errors=continue");
  CHECK_FALSE(is_read_only(mounts[0]));
  CHECK(is_read_only(mounts[1]));
  CHECK(mounts[1].point == "/srv/a b\\c");
  CHECK(mounts[1].source == "server:/export\tx");
  CHECK(mounts[2].type == "tmpfs");
  CHECK(mounts[2].source == "-");
}

TEST_CASE("mountinfo: lines that are not understood are passed over") {
  CHECK(parse_mountinfo("").empty());
  CHECK(parse_mountinfo("one two\n36 35 98:0 / /x rw shared:1 ext3 /dev/root rw\n36 35 98:0 / /x rw - ext3\n")
            .empty());
  CHECK(parse_mountinfo("x 2 3:4 / / rw - t s o\n1 2 34 / / rw - t s o\n1 -2 3:4 / / rw - t s o\n").empty());
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

namespace {

std::uint64_t id_at(const std::vector<Mount>& mounts, const char* path) {
  const Mount* mount = mount_at(mounts, path);
  return mount == nullptr ? 0 : mount->id;
}

} // namespace

TEST_CASE("mountinfo: a path leads into what was mounted last on the way") {
  const auto mounts = parse_mountinfo("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                      "30 20 8:2 / /srv/db rw - ext4 /dev/sdb1 rw\n"
                                      "31 30 8:3 / /srv/db/wal rw - ext4 /dev/sdc1 rw\n"
                                      "32 30 0:40 / /srv/db rw - tmpfs none rw\n"
                                      "33 20 0:41 / /srv/d rw - tmpfs none rw\n");
  CHECK(id_at(mounts, "/") == 20);
  CHECK(id_at(mounts, "/srv") == 20);
  CHECK(id_at(mounts, "/srv/d") == 33);
  CHECK(id_at(mounts, "/srv/dbx") == 20);
  // 32 lies over 30 and hides what is mounted in it.
  CHECK(id_at(mounts, "/srv/db") == 32);
  CHECK(id_at(mounts, "/srv/db/wal") == 32);
}

TEST_CASE("mountinfo: a mount further up hides those that were there before") {
  const auto mounts = parse_mountinfo("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                      "30 20 8:2 / /srv/db rw - ext4 /dev/sdb1 rw\n"
                                      "31 20 0:40 / /srv rw - tmpfs none rw\n");
  CHECK(id_at(mounts, "/srv/db/x") == 31);
  CHECK(id_at(parse_mountinfo("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n21 20 8:2 / / rw - ext4 /dev/sdb1 rw\n"),
              "/x") == 21);
}

TEST_CASE("mountinfo: a list without a root, or that leads in a circle, is no trap") {
  CHECK(mount_at({}, "/") == nullptr);
  CHECK(id_at(parse_mountinfo("20 21 8:1 / / rw - a b rw\n21 20 8:1 / / rw - a b rw\n"), "/") == 0);
  CHECK(id_at(parse_mountinfo("20 20 8:1 / / rw - a b rw\n"), "/x") == 20);
}
