// The harness itself: a proof of "nothing left" is worth as much as the eyes that look.

#include "stack/nothing_left.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/stack_directory.h"

#include <csignal>
#include <filesystem>

using namespace holdfast::test;

TEST_CASE("harness: programs end with a code, by a signal, or not in time", "[harness]") {
  CHECK(run_program({"sh", "-c", "echo out; echo err >&2; exit 7"}).code == 7);
  CHECK(run_program({"sh", "-c", "echo out; echo err >&2"}).output == "out\nerr\n");
  CHECK(run_program({"sh", "-c", "kill -9 $$"}).code == 128 + SIGKILL);
  CHECK_THROWS(run_program({"sleep", "100"}, 50ms));
  CHECK_THROWS(run_program({"/nonexistent/program"}));
}

TEST_CASE("harness: a port is free until somebody listens on it", "[harness]") {
  const int port = free_ports(1);
  REQUIRE(port_is_free(port));
  const StackDirectory directory;
  const auto output = open_output(directory / "redis.out");
  Child server(
      {"redis-server", "--port", std::to_string(port), "--bind", "127.0.0.1", "--dir", directory.path()},
      output.get());
  const Deadline deadline(10s);
  while (port_is_free(port))
    REQUIRE_FALSE(deadline.passed());
  CHECK(left_of(directory, {port}) == "port " + std::to_string(port) + "\n");
  server.send(SIGTERM);
  CHECK(server.wait(10s) == 0);
  CHECK(port_is_free(port));
}

TEST_CASE("harness: a process in a stack's cgroup is seen, whoever its parent is", "[harness]") {
  const StackDirectory directory;
  const std::string service = cgroup_root() + "/holdfast-" + directory.name() + "/stack/one/1";
  std::filesystem::create_directories(service);
  // Forked twice, so that nobody but its cgroup leads to it.
  REQUIRE(run_program({"sh", "-c", "echo $$ > " + service + "/cgroup.procs; setsid sleep 100000 &"}).code ==
          0);
  CHECK(comes_to(1, directory.name(), "one", 10s));
  CHECK(comes_to(0, directory.name(), "another", 0ms));
  CHECK(left_of(directory).find("sleep 100000") != std::string::npos);
  remove_stack(directory.name());
  CHECK(left_of(directory) == "");
}
