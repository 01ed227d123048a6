#include "base/fd.h"
#include "base/file.h"
#include "wire/observer.h"

#include "observer/scripted_server.h"
#include "support/catch.h"
#include "support/deadline.h"

#include <fcntl.h>
#include <poll.h>
#include <set>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>

namespace holdfast::observer {
namespace {

using wire::ProbeQuestion;
using wire::ProbeReply;
using wire::ProbeVerdict;

/// The program as it is installed, with a descriptor as its standard input.
class ObserverProgram {
public:
  explicit ObserverProgram(int input) {
    // A pipe, as the engine's: a file would not grow.
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    errors_ = Fd(ends[0]);
    const Fd its_errors(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, its_errors.get(), STDERR_FILENO);
    std::string path = HOLDFAST_OBSERVER;
    char* arguments[] = {path.data(), nullptr};
    const int answer = ::posix_spawn(&pid_, path.c_str(), &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (answer != 0) throw std::runtime_error("cannot start " + path);
  }
  ~ObserverProgram() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// Its exit code, or 128 + the signal; what it said is in `said` then.
  int wait() {
    int status = 0;
    REQUIRE(test::comes_true(std::chrono::seconds(30),
                             [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }));
    pid_ = -1;
    said = read_all(errors_.get(), 4096).value();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string said;

private:
  Fd errors_;
  pid_t pid_ = -1;
};

struct Pair {
  Pair() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    ours = Fd(ends[0]);
    its = Fd(ends[1]);
  }
  Fd ours;
  Fd its;
};

ProbeReply receive(const Fd& socket) {
  pollfd ready{.fd = socket.get(), .events = POLLIN, .revents = 0};
  REQUIRE(::poll(&ready, 1, 30000) == 1);
  char packet[1024];
  const auto size = ::recv(socket.get(), packet, sizeof packet, 0);
  REQUIRE(size > 0);
  return wire::decode_probe_reply({packet, static_cast<std::size_t>(size)}).value();
}

void ask(const Fd& socket, const ProbeQuestion& question) {
  const std::string packet = wire::encode(question);
  REQUIRE(::send(socket.get(), packet.data(), packet.size(), 0) == static_cast<ssize_t>(packet.size()));
}

TEST_CASE("the program answers a thousand questions and ends with the engine", "[observer]") {
  const test::ScriptedServer server([](test::Peer& peer) { peer.wait_for_its_end(); });
  Pair pair;
  ObserverProgram program(pair.its.get());
  pair.its.reset();
  constexpr std::uint64_t questions = 1000;
  constexpr std::uint64_t under_way = 100;
  std::set<std::uint64_t> answered;
  for (std::uint64_t serial = 1; serial <= questions + under_way; ++serial) {
    if (serial <= questions)
      ask(pair.ours,
          {.serial = serial, .key = "redis", .target = server.target(), .timeout = std::chrono::seconds(20)});
    if (serial <= under_way) continue;
    const ProbeReply reply = receive(pair.ours);
    REQUIRE(reply.verdict == ProbeVerdict::succeeded);
    answered.insert(reply.serial);
  }
  REQUIRE(answered.size() == questions);
  REQUIRE(test::comes_true(std::chrono::seconds(30),
                           [&] { return server.accepted() == static_cast<int>(questions); }));
  pair.ours.reset();
  REQUIRE(program.wait() == 0);
  REQUIRE(program.said.empty());
}

TEST_CASE("the program wants the engine's socket, and questions", "[observer]") {
  const Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ObserverProgram alone(nothing.get());
  REQUIRE(alone.wait() == 2);
  REQUIRE(alone.said == "holdfast-observer is started by holdfast-engine; say \"holdfast run\"\n");
  Pair pair;
  ObserverProgram program(pair.its.get());
  REQUIRE(::send(pair.ours.get(), "?", 1, 0) == 1);
  REQUIRE(program.wait() == 1);
  REQUIRE(program.said == "holdfast-observer: no question: not JSON\n");
}

} // namespace
} // namespace holdfast::observer
