#include "linux/identity_cache.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::linux_os;

TEST_CASE("identity cache: what was found is kept, apart for each user, group and groups") {
  IdentityCache cache;
  model::Program nobody;
  nobody.user = "nobody";
  model::Program grouped = nobody;
  grouped.groups = std::vector<std::string>{"adm"};
  for (int i = 0; i < 2; ++i) {
    CHECK(cache.resolve(nobody).value().uid == 65534);
    CHECK(cache.resolve(nobody).value().groups == resolve_identity(nobody).value().groups);
    CHECK(cache.resolve(grouped).value().groups == resolve_identity(grouped).value().groups);
  }
  model::Program root;
  root.user = "root";
  CHECK(cache.resolve(root).value().uid == 0);
  model::Program stranger;
  stranger.user = "no-such-user";
  CHECK(cache.resolve(stranger).error().code == ENOENT);
}
