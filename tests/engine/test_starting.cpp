#include "stack_under_test.h"

#include "base/file.h"
#include "support/catch.h"

#include <sys/socket.h>
#include <sys/un.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

void touch(const std::string& path) {
  REQUIRE(replace_file(path, "", 0644));
}

bool notify_as_stranger(const std::string& socket, const std::string& text) {
  const Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  return ::sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) > 0;
}

} // namespace

TEST_CASE("starting - ready by running and notify and an exec probe and in the order of needs") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.ready.running = 50ms;
  auto b = Place::service("b", {"notify"});
  b.ready.kind = model::ProbeKind::notify;
  b.needs = {{.on = {0}, .restart = false, .soft = false}};
  auto c = Place::service("c", {"run"});
  c.ready.kind = model::ProbeKind::exec;
  c.ready.exec = Place::program({"file", place / "there"});
  c.ready.every = 20ms;
  c.needs = {{.on = {1}, .restart = false, .soft = false}};
  StackUnderTest stack(place, place.stack({a, b, c}));
  REQUIRE(stack.tells("c 1 waiting>starting"));
  CHECK(stack.tells("c says exit code 1"));
  const std::string told = stack.told();
  CHECK(told.find("a 1 starting>ready") < told.find("b 1 waiting>starting"));
  CHECK(told.find("b 1 starting>ready") < told.find("c 1 waiting>starting"));
  CHECK(told.find("c 1 starting>ready") == std::string::npos);
  touch(place / "there");
  CHECK(stack.tells("c 1 starting>ready"));
  CHECK(stack.tells(" starting>working"));
  CHECK(stack.ends_well());
}

TEST_CASE("starting - an executable that is missing fails at once and says what and where") {
  const Place place;
  auto a = Place::service("a", {});
  a.program.command = {"/nonexistent/program"};
  a.critical = false;
  StackUnderTest stack(place, place.stack({a}));
  CHECK(stack.tells("a 1 starting>failed"));
  CHECK(stack.tells("/nonexistent/program: No such file or directory (execve)"));
  CHECK(stack.ends_well());
}

TEST_CASE("starting - a requirement that is missing is waited for") {
  const Place place;
  auto a = Place::service("a", {"run"});
  a.program.requirements = {{.file = place / "needed", .owner = ""}};
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(comes_true([&] { return stack.engine() != 0; }));
  ::poll(nullptr, 0, 50);
  CHECK(stack.told().find("a 1 ") == std::string::npos);
  touch(place / "needed");
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("starting - the environment is what was asked for and nothing else") {
  const Place place;
  auto a = Place::service("a", {"environment"});
  a.ready.kind = model::ProbeKind::notify;
  a.program.environment = {{"B", "2 2"}, {"A", "1"}};
  StackUnderTest stack(place, place.stack({a}));
  const std::string expected =
      "A=1\nB=2 2\nHOME=/root\nLANG=C.UTF-8\nLOGNAME=root\nNOTIFY_SOCKET=" + place.directory() +
      "/run/notify/a\nPATH=";
  CHECK(comes_true([&] { return stack.log("a").find("USER=root\n") != std::string::npos; }));
  CHECK(stack.log("a").starts_with(expected));
  CHECK(stack.log("a").find("HOLDFAST") == std::string::npos);
  CHECK(stack.ends_well());
}

TEST_CASE("starting - only who is in the leaf of the run is heard") {
  const Place place;
  auto a = Place::service("a", {"quiet"});
  a.ready.kind = model::ProbeKind::notify;
  StackUnderTest stack(place, place.stack({a}));
  REQUIRE(stack.tells("a says waiting"));
  REQUIRE(notify_as_stranger(place / "run/notify/a", "READY=1\nSTATUS=stranger"));
  // Heard after the stranger's.
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGUSR1) == 0);
  REQUIRE(stack.tells("a says still waiting"));
  CHECK(stack.told().find("stranger") == std::string::npos);
  CHECK(stack.told().find("a 1 starting>ready") == std::string::npos);
  REQUIRE(::kill(stack.pids("a", 1).at(0), SIGUSR2) == 0);
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}

TEST_CASE("starting - a flood of notifications is drained and read to its end") {
  const Place place;
  auto a = Place::service("a", {"flood"});
  a.ready.kind = model::ProbeKind::notify;
  StackUnderTest stack(place, place.stack({a}));
  CHECK(stack.tells("a 1 starting>ready"));
  CHECK(stack.ends_well());
}
