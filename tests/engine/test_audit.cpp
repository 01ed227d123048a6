#include "stack_under_test.h"
#include "support/catch.h"
#include "wire/audit.h"

#include <csignal>
#include <sstream>

using namespace holdfast;
using namespace holdfast::test;

namespace {

/// The lines of the log of commands, without their times.
std::string commands_of(const StackUnderTest& stack) {
  std::istringstream lines(stack.log(std::string(wire::audit_log)));
  std::string bare;
  for (std::string time, line; lines >> time && std::getline(lines >> std::ws, line);)
    bare += line + "\n";
  return bare;
}

} // namespace

TEST_CASE("audit - commands by signals are told with their outcome and over the engine's death") {
  const Place place;
  StackUnderTest stack(place, place.stack({Place::service("a", {"sleep"})}));
  REQUIRE(stack.tells("a 1 starting>ready"));
  const std::string reload =
      "asked by=\"SIGHUP\" command=\"reload\"\ndone by=\"SIGHUP\" command=\"reload\"\n";
  stack.reload();
  REQUIRE(comes_true([&] { return commands_of(stack) == reload; }));
  REQUIRE(::kill(stack.engine(), SIGKILL) == 0);
  REQUIRE(stack.tells("another one is here after"));
  stack.reload();
  REQUIRE(comes_true([&] { return commands_of(stack) == reload + reload; }));
  CHECK(stack.ends_well());
  CHECK(commands_of(stack) == reload + reload + "asked by=\"SIGTERM\" command=\"stop of the daemon\"\n");
}
