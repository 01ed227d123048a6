#include "command.h"
#include "fake_daemon.h"
#include "log_archives.h"

#include <grp.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
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

/// A command that follows, in a thread of its own.
class Follower {
public:
  Follower(Command& command, const std::vector<std::string>& words) : composition_(command.composition()) {
    int pipe[2];
    REQUIRE(::pipe2(pipe, O_CLOEXEC) == 0);
    reading_ = Fd(pipe[0]);
    writing_ = Fd(pipe[1]);
    thread_ = std::thread([this, words] {
      client::Terminal terminal(writing_.get(), err_.get());
      code_ = client::run_client(words, composition_, terminal);
    });
  }
  [[nodiscard]] std::string line() const { return line_from(reading_); }
  /// Nobody reads any more: it ends when it has something to print.
  void leave() { reading_.reset(); }
  void check_quiet_end() {
    thread_.join();
    CHECK(code_ == 0);
    CHECK(::lseek(err_.get(), 0, SEEK_END) == 0);
  }

private:
  client::Composition composition_;
  Fd reading_;
  Fd writing_;
  Fd err_{::memfd_create("err", MFD_CLOEXEC)};
  int code_ = -1;
  std::thread thread_;
};

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

TEST_CASE("what is looked for is found in archives too, and all of it") {
  Command command;
  std::string old;
  for (int i = 0; i < 500; ++i)
    old += first + "hit " + std::to_string(i) + "\n" + first + "miss\n";
  command.put("redis.log-20261124T065330.000001Z.zst", in_zstd(old));
  command.put("redis.log", second + "hit x\n" + third + "miss\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  const Ran ran = command.run({"logs", "--grep", "hit [0-9]*7$|x$", "redis"});
  CHECK(ran.code == 0);
  CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 51);
  CHECK(ran.out.ends_with("hit 497\n" + second + "hit x\n"));
  CHECK(command.run({"logs", "-g", "hit", "-n", "2", "redis"}).out ==
        first + "hit 499\n" + second + "hit x\n");
}

TEST_CASE("logs of a time, of one service and of several") {
  Command command;
  command.put("redis.log", first + "a\n" + second + "b\n" + third + "c\n");
  command.put("worker.log", second + "x\nmore\n" + third + "y\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  CHECK(command.run({"logs", "--since", "2026-11-24T06:53:02", "redis"}).out ==
        second + "b\n" + third + "c\n");
  CHECK(command.run({"logs", "--until", "2026-11-24T06:53:02", "redis"}).out ==
        first + "a\n" + second + "b\n");
  CHECK(command.run({"logs", "--until", "2026-11-24T06:53:02", "-n", "1", "redis"}).out == second + "b\n");
}

TEST_CASE("logs of several services of a time that match") {
  Command command;
  command.put("redis.log", first + "a\n" + second + "b\n" + third + "c\n");
  command.put("worker.log", second + "x\nmore of x\n" + third + "y\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis", "worker"}), wire::Finished{}});
  CHECK(command.run({"logs", "--since", "2026-11-24T06:53:02", "--until", "2026-11-24T06:53:02"}).out ==
        "redis  | " + second + "b\nworker | " + second + "x\nworker | more of x\n");
  CHECK(command.run({"logs", "-g", " c$|more|y"}).out ==
        "worker | more of x\nredis  | " + third + "c\nworker | " + third + "y\n");
}

TEST_CASE("times that end before they begin are a mistake in usage") {
  Command command;
  const Ran ran = command.run({"logs", "--since", "1h", "--until", "2h"});
  CHECK(ran.code == 2);
  CHECK(ran.err == "holdfast: --since 1h is later than --until 2h\n");
}

TEST_CASE("raw is the bytes of the files, with their last line as it is, and no service") {
  Command command;
  const std::string long_line(300000, 'x');
  const std::string bytes = first + "\x1b[31m\xff\n" + second + long_line + "\n" + third + "no end";
  command.put("redis.log", bytes);
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  CHECK((command.run({"logs", "-o", "raw", "redis"}).out == bytes));
  CHECK(command.run({"logs", "-o", "raw", "-n", "1", "redis"}).out == third + "no end");
}

TEST_CASE("raw lines of several services are in the order of their times") {
  Command command;
  command.put("redis.log", first + "a\n" + third + "c\n");
  command.put("worker.log", second + "b\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis", "worker"}), wire::Finished{}});
  CHECK(command.run({"logs", "-o", "raw"}).out == first + "a\n" + second + "b\n" + third + "c\n");
}

TEST_CASE("-o json is --json") {
  Command command;
  command.put("redis.log", "a\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  CHECK(command.run({"logs", "-o", "json", "redis"}).out == "{\"service\":\"redis\",\"line\":\"a\"}\n");
  CHECK(command.run({"logs", "-o", "short", "redis"}).out == "a\n");
}

TEST_CASE("a log without times is refused by what needs them, in words") {
  Command command;
  command.put("nginx.log", "10.0.0.1 GET /\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"nginx"}), wire::Finished{}});
  CHECK(command.run({"logs", "nginx"}).out == "10.0.0.1 GET /\n");
  const Ran ran = command.run({"logs", "--since", "10m", "nginx"});
  CHECK(ran.code == 1);
  CHECK(ran.out == "");
  CHECK(ran.err ==
        "holdfast: nginx: the lines of " + command.scratch / "nginx.log" +
            " have no times, so that none is known to be of the time that is asked for; "
            "`holdfast logs nginx` shows them as they are, and `timestamps: true` gives them times\n");
}

TEST_CASE("a log without times is refused among others that were asked for, and left out of all") {
  Command command;
  command.put("nginx.log", "10.0.0.1 GET /\n");
  command.put("redis.log", first + "a\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"nginx", "redis"}), wire::Finished{}});
  Ran ran = command.run({"logs", "nginx", "redis"});
  CHECK(ran.code == 1);
  CHECK(ran.out == "");
  CHECK(ran.err.find("nginx: the lines of ") != std::string::npos);
  CHECK(ran.err.find("they cannot be merged with other logs") != std::string::npos);
  ran = command.run({"logs"});
  CHECK(ran.code == 0);
  CHECK(ran.out == first + "a\n");
  CHECK(ran.err.find("nginx: the lines of ") != std::string::npos);
}

TEST_CASE("an archive that is damaged is told, and the rest is shown") {
  Command command;
  command.put("redis.log-20261124T065330.000001Z.zst", "not at all");
  command.put("redis.log", first + "a\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  const Ran ran = command.run({"logs", "redis"});
  CHECK(ran.code == 0);
  CHECK(ran.out == first + "a\n");
  CHECK(ran.err.find("redis.log-20261124T065330.000001Z.zst is damaged (") != std::string::npos);
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
  Follower follower(command, {"logs", "-f", "redis"});
  CHECK(follower.line() == first + "old\n");
  command.append("redis.log", second + "new\n");
  CHECK(follower.line() == second + "new\n");
  command.append("redis.log", "last of the old file\n");
  REQUIRE(::rename((command.scratch / "redis.log").c_str(),
                   (command.scratch / "redis.log-20261124T065330.000001Z").c_str()) == 0);
  command.append("redis.log", third + "rotated\n");
  CHECK(follower.line() == "last of the old file\n");
  CHECK(follower.line() == third + "rotated\n");
  follower.leave();
  command.append("redis.log", "nobody reads this\n");
  follower.check_quiet_end();
}

namespace {

/// What a command writes to a terminal of its own, as it arrives there.
std::string as_terminal_shows(Command& command, const std::vector<std::string>& words) {
  const Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE((::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0));
  char name[64];
  REQUIRE(::ptsname_r(master.get(), name, sizeof name) == 0);
  Fd slave(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios settings{};
  REQUIRE(::tcgetattr(slave.get(), &settings) == 0);
  ::cfmakeraw(&settings);
  REQUIRE(::tcsetattr(slave.get(), TCSANOW, &settings) == 0);
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  client::Terminal terminal(slave.get(), slave.get());
  CHECK(client::run_client(words, command.composition(), terminal) == 0);
  // Hung up once all of it is read.
  slave.reset();
  std::string text;
  std::string block(4096, '\0');
  for (ssize_t n = 0; (n = ::read(master.get(), block.data(), block.size())) > 0;)
    text.append(block, 0, static_cast<std::size_t>(n));
  return text;
}

} // namespace

TEST_CASE("on a terminal each service has a colour, and no line can steer it in any form") {
  Command command;
  command.put("redis.log", first + "\x1b]0;owned\x07\n");
  command.put("worker.log", second + "b\xff\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis", "worker"}), wire::Finished{}});
  CHECK(as_terminal_shows(command, {"logs"}) == "\x1b[36mredis  | \x1b[0m" + first + "\\x1b]0;owned\\x07\n" +
                                                    "\x1b[32mworker | \x1b[0m" + second + "b\\xff\n");
  CHECK(as_terminal_shows(command, {"logs", "-o", "raw"}) ==
        first + "\\x1b]0;owned\\x07\n" + second + "b\\xff\n");
  command.put("redis.log", first + "\xc2\x9b"
                                   "1m\xe2\x80\xae\n");
  CHECK(as_terminal_shows(command, {"logs", "-o", "json", "-g", "1m"}) ==
        "{\"service\":\"redis\",\"line\":\"" + first + "\\x9b1m\\u202e\"}\n");
}

TEST_CASE("who may not speak to the daemon reads the directory, and is told of what is not there") {
  if (::geteuid() != 0) return;
  Command command;
  command.put("redis.log", first + "a\n");
  const FakeDaemon daemon(command.socket(), {wire::Refused{"nobody should have asked"}});
  REQUIRE(::chmod(command.scratch.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(command.socket().c_str(), 0600) == 0);
  // In a process of its own, which gives root up; its exit status tells which look went wrong.
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65534;
    if (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
        ::setresuid(nobody, nobody, nobody) != 0)
      ::_exit(1);
    Ran ran = command.run({"logs", "redis"});
    if (ran.code != 0 || ran.out != first + "a\n" || !ran.err.empty()) ::_exit(2);
    ran = command.run({"logs"});
    if (ran.code != 0 || ran.out != first + "a\n") ::_exit(3);
    ran = command.run({"logs", "rediss"});
    if (ran.code != 1 || ran.err.find("there is no log of rediss in") == std::string::npos) ::_exit(4);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("logs that may not be read are an error that says who may") {
  if (::geteuid() != 0) return;
  Command command;
  REQUIRE(::chmod(command.scratch.path().c_str(), 0700) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(1);
    const Ran ran = command.run({"logs"});
    ::_exit(ran.code == 1 && ran.err.find("members of group adm") != std::string::npos ? 0 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("logs that are followed go on through compressions, those that match alone") {
  Command command;
  command.put("redis.log", first + "hit a\n" + first + "miss\n");
  const FakeDaemon daemon(command.socket(), {places(command, {"redis"}), wire::Finished{}});
  Follower follower(command, {"logs", "-f", "-g", "hit", "redis"});
  CHECK(follower.line() == first + "hit a\n");
  std::string text = first + "hit a\n" + first + "miss\n";
  for (int round = 0; round < 20; ++round) {
    const std::string line = second + "hit " + std::to_string(round) + "\n";
    command.append("redis.log", line + second + "miss\n");
    text += line + second + "miss\n";
    const std::string log = command.scratch / "redis.log";
    const std::string moment = log + "-20261124T0653" + std::to_string(10 + round) + ".000001Z";
    REQUIRE(::rename(log.c_str(), moment.c_str()) == 0);
    command.put(moment.substr(command.scratch.path().size() + 1) + ".zst", in_zstd(text));
    REQUIRE(::unlink(moment.c_str()) == 0);
    text.clear();
    CHECK(follower.line() == line);
  }
  follower.leave();
  command.append("redis.log", second + "hit: nobody reads this\n");
  follower.check_quiet_end();
}
