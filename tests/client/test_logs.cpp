#include "command.h"
#include "fake_daemon.h"

#include <poll.h>
#include <thread>

using namespace holdfast;
using namespace holdfast::test;

namespace {

const std::string first = "2026-11-24T06:53:01.000000Z ";
const std::string second = "2026-11-24T06:53:02.000000Z ";
const std::string third = "2026-11-24T06:53:03.000000Z ";

wire::LogPlaces places(const Command& command, std::vector<std::string> services) {
  return {command.scratch.path(), std::move(services)};
}

/// Reads a line from a pipe, with a deadline.
std::string line_from(const Fd& pipe) {
  std::string line;
  for (char c = 0; c != '\n';) {
    pollfd wait{.fd = pipe.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&wait, 1, 20000) == 1);
    REQUIRE(::read(pipe.get(), &c, 1) == 1);
    line += c;
  }
  return line;
}

} // namespace

TEST_CASE("one log is shown as it is, on a pipe byte for byte") {
  Command command;
  command.put("redis.log", first + "a\n" + second + "\x1b[31mb\xff\n");
  FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  const Ran ran = command.run({"logs", "redis"});
  CHECK(ran.code == 0);
  CHECK(ran.out == first + "a\n" + second + "\x1b[31mb\xff\n");
  CHECK(daemon.requests()[0].services == std::vector<std::string>{"redis"});
  CHECK(command.run({"logs", "-n", "1", "redis"}).out == second + "\x1b[31mb\xff\n");
}

TEST_CASE("several logs are merged by time, each line with its service, the last N of all") {
  Command command;
  command.put("redis.log", first + "a\n" + third + "c\n");
  command.put("worker.log", second + "b\n  more\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis", "worker"}), wire::Finished{}});
  CHECK(command.run({"logs"}).out ==
        "redis  | " + first + "a\nworker | " + second + "b\nworker |   more\nredis  | " + third + "c\n");
  CHECK(command.run({"logs", "-n", "2"}).out == "worker |   more\nredis  | " + third + "c\n");
}

TEST_CASE("logs as JSON") {
  Command command;
  command.put("redis.log", "a \"quoted\" line\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  CHECK(command.run({"logs", "--json", "redis"}).out ==
        "{\"service\":\"redis\",\"line\":\"a \\\"quoted\\\" line\"}\n");
}

TEST_CASE("a service that does not exist is the daemon's to refuse") {
  Command command;
  const FakeDaemon daemon(command.socket(),
                          {wire::Refused{"no service \"rediss\"; did you mean \"redis\"?"}});
  const Ran ran = command.run({"logs", "rediss"});
  CHECK(ran.code == 1);
  CHECK(ran.err == "holdfast: no service \"rediss\"; did you mean \"redis\"?\n");
}

TEST_CASE("without a daemon the logs are shown all the same, marked so") {
  Command command;
  command.put("redis.log", first + "a\n");
  Ran ran = command.run({"logs", "-f"});
  CHECK(ran.code == 3);
  CHECK(ran.out == first + "a\n");
  CHECK(ran.err.find("last known, from " + command.scratch.path()) != std::string::npos);
  ran = command.run({"logs", "worker"});
  CHECK(ran.code == 3);
  CHECK(ran.err.find("there is no log of worker in") != std::string::npos);
}

TEST_CASE("logs that are followed go on through a rotation and end quietly when nobody reads") {
  Command command;
  command.put("redis.log", first + "old\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  int pipe[2];
  REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
  Fd reading(pipe[0]);
  const Fd writing(pipe[1]);
  int code = -1;
  const Fd err(::memfd_create("err", MFD_CLOEXEC));
  const client::Composition composition = command.composition();
  std::thread follower([&] {
    client::Terminal terminal(writing.get(), err.get());
    code = client::run_client({"logs", "-f", "redis"}, composition, terminal);
  });
  CHECK(line_from(reading) == first + "old\n");
  command.append("redis.log", second + "new\n");
  CHECK(line_from(reading) == second + "new\n");
  command.append("redis.log", "last of the old file\n");
  REQUIRE(::rename((command.scratch / "redis.log").c_str(),
                   (command.scratch / "redis.log-20261124T065330.000001Z").c_str()) == 0);
  command.append("redis.log", third + "rotated\n");
  CHECK(line_from(reading) == "last of the old file\n");
  CHECK(line_from(reading) == third + "rotated\n");
  reading.reset();
  command.append("redis.log", "nobody reads this\n");
  follower.join();
  CHECK(code == 0);
  CHECK(::lseek(err.get(), 0, SEEK_END) == 0);
}
