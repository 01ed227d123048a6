#include "linux/capabilities.h"
#include "linux/spawn.h"
#include "linux/users.h"
#include "support/catch.h"

#include <cerrno>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::linux_os;

TEST_CASE("identity: a user with the groups it has") {
  model::Program program;
  program.user = "daemon";
  const auto identity = resolve_identity(program);
  REQUIRE(identity);
  CHECK(identity.value().uid == 1);
  CHECK(identity.value().gid == 1);
  CHECK(identity.value().name == "daemon");
  CHECK(identity.value().home == "/usr/sbin");
  CHECK(identity.value().groups == std::vector<gid_t>{1});
}

TEST_CASE("identity: group and groups as they are named") {
  model::Program program;
  program.user = "daemon";
  program.group = "adm";
  program.groups = std::vector<std::string>{"nogroup", "daemon"};
  const auto identity = resolve_identity(program);
  REQUIRE(identity);
  CHECK(identity.value().gid == find_group("adm").value());
  CHECK(identity.value().groups == std::vector<gid_t>{find_group("nogroup").value(), 1});
  program.groups = std::vector<std::string>{};
  CHECK(resolve_identity(program).value().groups.empty());
}

TEST_CASE("identity: what does not resolve is an error that names it, numbers and odd words included") {
  for (const char* name :
       {"0", "0day", "-1", "4294967295", "no-such-user", "root ", "root:x", "../root", "R00t"}) {
    model::Program program;
    program.user = name;
    const auto identity = resolve_identity(program);
    REQUIRE_FALSE(identity);
    CHECK(identity.error().code == ENOENT);
    CHECK(identity.error().what == "user \"" + std::string(name) + "\" does not exist");
  }
  model::Program program;
  program.user = "daemon";
  program.group = "no-such-group";
  CHECK(resolve_identity(program).error().what == "group \"no-such-group\" does not exist");
  program.group.clear();
  program.groups = std::vector<std::string>{"daemon", "0"};
  CHECK(resolve_identity(program).error().what == "group \"0\" does not exist");
}

TEST_CASE("identity: without a user, what we run with") {
  const auto identity = resolve_identity({});
  REQUIRE(identity);
  CHECK(identity.value().uid == ::geteuid());
  CHECK(identity.value().gid == ::getegid());
  CHECK_FALSE(identity.value().name.empty());
}

TEST_CASE("capabilities: by the names of capabilities(7) only") {
  CHECK(capability_number("CAP_CHOWN") == 0);
  CHECK(capability_number("CAP_NET_BIND_SERVICE") == 10);
  CHECK(capability_number("CAP_CHECKPOINT_RESTORE") == 40);
  CHECK_FALSE(capability_number("net_bind_service"));
  CHECK_FALSE(capability_number("CAP_"));
  CHECK_FALSE(capability_number(""));
}
