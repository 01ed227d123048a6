#include "linux/launch.h"
#include "linux/socket_passing.h"
#include "sockets.h"
#include "spawning.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/scratch.h"

#include <algorithm>
#include <fcntl.h>
#include <sstream>
#include <sys/stat.h>
#include <utility>

using namespace holdfast;
using namespace holdfast::linux_os;
using namespace holdfast::test;

namespace {

model::Program program_with(std::vector<model::SocketSpec> sockets) {
  model::Program program;
  program.sockets = std::move(sockets);
  return program;
}

/// An order for the child program, with sockets on free ports.
class Passing {
public:
  explicit Passing(int number) : first_port_(free_ports(number)) {
    order_.program.command = {HOLDFAST_TEST_CHILD};
    order_.program.user = "root";
    order_.parent_is_ours = true;
    for (int i = 0; i < number; ++i)
      order_.program.sockets.push_back(
          {.name = "s" + std::to_string(i), .address = loopback(first_port_ + i), .group = {}});
  }

  /// All are opened by a look.
  void open() {
    order_.kind = LaunchOrder::Kind::look;
    order_.sockets.assign(order_.program.sockets.size(), nullptr);
    auto outcome = launch(order_, means_);
    REQUIRE(outcome.kind == LaunchOutcome::Kind::looked);
    REQUIRE(outcome.error.what.empty());
    order_.kind = LaunchOrder::Kind::launch;
    order_.sockets.clear();
    for (OpenedSocket& opened : outcome.opened)
      order_.sockets.push_back(std::make_shared<const Fd>(std::move(opened.fd)));
  }

  std::string says(const std::string& verb, const SpawnSlots* slots = nullptr) {
    Pipe pipe;
    order_.argv = {HOLDFAST_TEST_CHILD, verb};
    order_.output = pipe.write.get();
    means_.slots = slots;
    const auto outcome = launch(order_, means_);
    INFO(outcome.error.what);
    REQUIRE(outcome.kind == LaunchOutcome::Kind::started);
    Child child(outcome.pid);
    last_pid_ = outcome.pid;
    pipe.write.reset();
    std::string text = read_all(pipe.read.get(), 1U << 20U).value();
    CHECK(child.wait() == 0);
    return text;
  }

  std::string all_sockets(const std::string& how) const {
    std::string text;
    for (std::size_t i = 0; i < order_.program.sockets.size(); ++i)
      text += std::to_string(3 + i) + " " + std::to_string(static_cast<std::size_t>(first_port_) + i) + " " +
              how + "\n";
    return text;
  }

  [[nodiscard]] LaunchOrder& order() { return order_; }
  [[nodiscard]] LaunchMeans& means() { return means_; }
  [[nodiscard]] pid_t last_pid() const { return last_pid_; }

private:
  int first_port_;
  LaunchOrder order_;
  LaunchMeans means_;
  pid_t last_pid_ = 0;
};

} // namespace

TEST_CASE("socket passing: the variables of sd_listen_fds and those of nginx") {
  auto program = program_with({{.name = "web", .address = "127.0.0.1:1", .group = {}},
                               {.name = "cli", .address = "unix:/a", .group = {}}});
  CHECK(passing_environment(program) ==
        std::vector<std::string>{"LISTEN_FDS=2", "LISTEN_FDNAMES=web:cli", "LISTEN_PID="});
  CHECK(passed_blocking(program));
  program.socket_passing = model::SocketPassing::nginx;
  CHECK(passing_environment(program) == std::vector<std::string>{"NGINX=3;4;"});
  CHECK_FALSE(passed_blocking(program));
  CHECK(passing_environment(program_with({})).empty());
}

TEST_CASE(
    "socket passing: from descriptor 3 on in their order, with and without slots; as many as there can be") {
  const auto slots = SpawnSlots::reserve();
  REQUIRE(slots.ok());
  for (const int number : {1, 2, 32}) {
    CAPTURE(number);
    Passing passing(number);
    passing.open();
    CHECK(passing.says("sockets") == passing.all_sockets("blocking"));
    CHECK(passing.says("sockets", &slots.value()) == passing.all_sockets("blocking"));
  }
}

TEST_CASE("socket passing: sockets whose own numbers are those that others get in the program") {
  // As many as there can be, the other way round: among 3 to 34 each stands where another is to go.
  Passing passing(32);
  passing.open();
  std::reverse(passing.order().sockets.begin(), passing.order().sockets.end());
  std::istringstream said(passing.says("sockets"));
  std::istringstream straight(passing.all_sockets("blocking"));
  std::vector<int> ports;
  std::vector<int> expected;
  int number = 0;
  int port = 0;
  for (std::string how; said >> number >> port >> how;)
    ports.push_back(port);
  for (std::string how; straight >> number >> port >> how;)
    expected.insert(expected.begin(), port);
  CHECK(ports == expected);
}

TEST_CASE("socket passing: the child's pid is in its environment, and nothing else is open") {
  const auto slots = SpawnSlots::reserve();
  REQUIRE(slots.ok());
  Passing passing(1);
  passing.open();
  for (const SpawnSlots* with : {static_cast<const SpawnSlots*>(nullptr), &slots.value()}) {
    const std::string text = passing.says("environment", with);
    CHECK(field(text, "LISTEN_PID=") == std::to_string(passing.last_pid()));
    CHECK(field(text, "LISTEN_FDS=") == "1");
    CHECK(field(text, "LISTEN_FDNAMES=") == "s0");
    const std::string open = passing.says("descriptors", with);
    CHECK(std::count(open.begin(), open.end(), '\n') == 4);
  }
}

TEST_CASE("socket passing: a program that made one non-blocking does not leave it so to the next") {
  Passing passing(1);
  passing.open();
  REQUIRE(::fcntl(passing.order().sockets[0]->get(), F_SETFL, O_NONBLOCK) == 0);
  CHECK(passing.says("sockets") == passing.all_sockets("blocking"));
  passing.order().program.socket_passing = model::SocketPassing::nginx;
  CHECK(passing.says("sockets") == passing.all_sockets("non-blocking"));
  CHECK(field(passing.says("environment"), "NGINX=") == "3;");
}

TEST_CASE("socket passing: a probe of the service gets none of its sockets") {
  Passing passing(1);
  passing.open();
  passing.order().sockets.clear();
  CHECK(passing.says("sockets").empty());
  CHECK(field(passing.says("environment"), "LISTEN_") == "(none)");
}

TEST_CASE("socket passing: a launch waits for what a look has not opened") {
  Passing passing(1);
  passing.order().sockets = {nullptr};
  const auto outcome = launch(passing.order(), passing.means());
  CHECK(outcome.kind == LaunchOutcome::Kind::refused);
  CHECK(outcome.error.what == "socket s0 is not open yet");
}

TEST_CASE("socket passing: a look opens what is missing and leaves what is held; an address in use is what "
          "is missing") {
  Passing passing(2);
  passing.open();
  LaunchOrder& order = passing.order();
  order.kind = LaunchOrder::Kind::look;
  CHECK(launch(order, passing.means()).opened.empty());
  const auto held = std::exchange(order.sockets[1], nullptr);
  const auto outcome = launch(order, passing.means());
  CHECK(outcome.kind == LaunchOutcome::Kind::looked);
  CHECK(outcome.error.what.starts_with("socket s1: " + order.program.sockets[1].address + " is in use by "));
  CHECK(outcome.opened.empty());
}

TEST_CASE("socket passing: a unix socket is the service's user's; one whose file is gone is opened anew") {
  if (::geteuid() != 0) return;
  const Scratch scratch;
  REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
  const std::string path = scratch / "s";
  LaunchOrder order;
  order.kind = LaunchOrder::Kind::look;
  order.program.user = "daemon";
  order.program.sockets = {{.name = "web", .address = "unix:" + path, .group = "adm"}};
  order.sockets = {nullptr};
  LaunchMeans means;
  auto first = launch(order, means);
  REQUIRE(first.opened.size() == 1);
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  CHECK(info.st_uid == 1);
  CHECK(info.st_gid == 4);
  CHECK((info.st_mode & 07777U) == 0660);
  order.sockets = {std::make_shared<const Fd>(std::move(first.opened[0].fd))};
  CHECK(launch(order, means).opened.empty());
  REQUIRE(::unlink(path.c_str()) == 0);
  const auto second = launch(order, means);
  REQUIRE(second.opened.size() == 1);
  CHECK(connect_to("unix:" + path).valid());
  order.program.sockets[0].group = "no-such-group";
  CHECK(launch(order, means).error.what == "socket web: group \"no-such-group\" does not exist");
}
