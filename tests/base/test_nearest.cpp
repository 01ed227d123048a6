#include "base/nearest.h"
#include "support/catch.h"

using holdfast::nearest;

TEST_CASE("the nearest name is suggested, and nothing that is far") {
  const std::vector<std::string_view> names = {"postgresql", "redis", "rabbitmq", "web"};
  CHECK(nearest("postgres", names) == "postgresql");
  CHECK(nearest("reids", names) == "redis");
  CHECK(nearest("wen", names) == "web");
  CHECK(nearest("api", names).empty());
  CHECK(nearest("mariadb", names).empty());
  CHECK(nearest("x", {}).empty());
}
