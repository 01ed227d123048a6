#include "linux/host_setting.h"
#include "support/catch.h"

using namespace holdfast::linux_os;
using holdfast::model::Comparison;
using holdfast::model::HostSetting;

TEST_CASE("host setting: numbers are compared as numbers, and what mends it is told") {
  const HostSetting least{.name = "vm.max_map_count", .comparison = Comparison::at_least, .wanted = "262144"};
  CHECK(unmet(least, "262144\n").empty());
  CHECK(unmet(least, "1000000\n").empty());
  CHECK(unmet(least, "65530\n") == "it is 65530; `sysctl -w vm.max_map_count=262144` sets it, a file in "
                                   "/etc/sysctl.d keeps it");
  CHECK_FALSE(unmet(least, "").empty());
  const HostSetting most{.name = "vm.swappiness", .comparison = Comparison::at_most, .wanted = "10"};
  CHECK(unmet(most, "9").empty());
  CHECK_FALSE(unmet(most, "60").empty());
  CHECK_FALSE(unmet(most, "nine").empty());
}

TEST_CASE("host setting: what is equal may be a text, or several numbers") {
  const HostSetting range{
      .name = "net.ipv4.ip_local_port_range", .comparison = Comparison::equal, .wanted = "32768 60999"};
  CHECK(unmet(range, "32768\t60999\n").empty());
  CHECK_FALSE(unmet(range, "1024\t60999\n").empty());
  CHECK(unmet({.name = "a.b", .comparison = Comparison::equal, .wanted = "010"}, "10\n").empty());
}

TEST_CASE("host setting: this machine's are read; one that it does not have is told") {
  CHECK(unmet({.name = "kernel.ostype", .comparison = Comparison::equal, .wanted = "Linux"}).empty());
  CHECK(unmet({.name = "kernel.no_such", .comparison = Comparison::equal, .wanted = "1"}) ==
        "/proc/sys/kernel/no_such: No such file or directory");
}
