// What is expected here is what `systemd-escape --path --suffix=mount` of systemd 252 prints.

#include "linux/mount_unit.h"
#include "support/catch.h"

using holdfast::linux_os::mount_unit_of;
using holdfast::linux_os::mount_units_for;
using Names = std::vector<std::string>;

TEST_CASE("mount unit: names are escaped as systemd does") {
  CHECK(mount_unit_of("/var/lib/postgresql") == "var-lib-postgresql.mount");
  CHECK(mount_unit_of("/var/lib/my-data") == "var-lib-my\\x2ddata.mount");
  CHECK(mount_unit_of("/srv/a b%n") == "srv-a\\x20b\\x25n.mount");
  CHECK(mount_unit_of("/srv/ä") == "srv-\\xc3\\xa4.mount");
  CHECK(mount_unit_of("/.hidden/x.y_z:1") == "\\x2ehidden-x.y_z:1.mount");
  CHECK(mount_unit_of("//srv///data/") == "srv-data.mount");
  CHECK(mount_unit_of("/") == "-.mount");
}

TEST_CASE("mount unit: a path may lie on a mount of each of its parts") {
  CHECK(mount_units_for("/opt/invenio/var") ==
        Names{"opt.mount", "opt-invenio.mount", "opt-invenio-var.mount"});
  CHECK(mount_units_for("/srv") == Names{"srv.mount"});
  CHECK(mount_units_for("/").empty());
}
