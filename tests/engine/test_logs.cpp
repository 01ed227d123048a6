#include "stack_under_test.h"
#include "support/catch.h"

using namespace holdfast;
using namespace holdfast::test;

TEST_CASE("logs - what a service writes is in its file - once and in order and over restarts") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"lines", "1000"})}));
  std::string expected;
  for (int i = 1; i <= 1000; ++i)
    expected += "line " + std::to_string(i) + "\n";
  CHECK(comes_true([&] { return stack.log("a") == expected; }));
  REQUIRE(stack.tells("a 1 starting>ready"));
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGKILL) == 0);
  CHECK(comes_true([&] { return stack.log("a") == expected + expected; }));
  CHECK(stack.ends_well());
  CHECK(stack.log("a") == expected + expected);
}
