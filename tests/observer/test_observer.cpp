#include "observer/observer.h"

#include "base/fd.h"
#include "observer/later.h"
#include "support/catch.h"
#include "support/deadline.h"

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace holdfast::observer {
namespace {

using namespace std::chrono_literals;
using enum wire::ProbeVerdict;
using wire::ProbeQuestion;
using wire::ProbeReply;

/// Says what its question's target says, in the question's own words.
class FakeProbe : public Probe {
public:
  FakeProbe(boost::asio::io_context& loop, const ProbeQuestion& question, Answered answered) {
    if (question.target == "throws at once") throw std::runtime_error("out of luck");
    if (question.target == "throws later")
      boost::asio::post(loop, [] { throw std::runtime_error("out of luck"); });
    if (question.target == "throws an odd thing") boost::asio::post(loop, [] { throw 7; });
    if (question.target == "answers")
      later_.emplace(loop, [answered = std::move(answered), said = question.body] {
        answered({succeeded, said});
      });
  }
  [[nodiscard]] std::string waits_for() const override { return "a miracle"; }

private:
  std::optional<Later> later_;
};

std::unique_ptr<Probe> begin_fake(boost::asio::io_context& loop, const ProbeQuestion& question,
                                  Answered answered) {
  return std::make_unique<FakeProbe>(loop, question, std::move(answered));
}

Begin find_fake(wire::ProbeProtocol protocol) {
  return protocol == wire::ProbeProtocol::tcp ? begin_fake : nullptr;
}

/// The engine's end, and an observer in a thread.
class Engine {
public:
  Engine() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    socket_ = Fd(ends[0]);
    observer_ = std::thread([this, end = ends[1]] { ended_ = Observer(end, find_fake).run(); });
  }
  ~Engine() {
    if (observer_.joinable()) static_cast<void>(end());
  }

  void send(const std::string& packet) {
    REQUIRE(::send(socket_.get(), packet.data(), packet.size(), 0) > 0);
  }
  void ask(const ProbeQuestion& question) { send(wire::encode(question)); }

  ProbeReply receive() {
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&ready, 1, 30000) == 1);
    char packet[1024];
    const auto size = ::recv(socket_.get(), packet, sizeof packet, 0);
    REQUIRE(size > 0);
    return wire::decode_probe_reply({packet, static_cast<std::size_t>(size)}).value();
  }
  std::map<std::uint64_t, ProbeReply> receive(std::size_t replies) {
    std::map<std::uint64_t, ProbeReply> all;
    while (all.size() < replies) {
      ProbeReply reply = receive();
      all.emplace(reply.serial, std::move(reply));
    }
    return all;
  }

  Status end() {
    socket_.reset();
    return wait();
  }
  Status wait() {
    observer_.join();
    return ended_;
  }

private:
  Fd socket_;
  Status ended_ = Done{};
  std::thread observer_;
};

TEST_CASE("questions are answered by their serial until the engine goes", "[observer]") {
  Engine engine;
  engine.ask({.serial = 1, .target = "answers", .body = "well"});
  REQUIRE(engine.receive() == ProbeReply{.serial = 1, .verdict = succeeded, .said = "well"});
  engine.ask({.serial = 2, .target = "says nothing"});
  engine.ask({.serial = 3, .target = "answers", .body = "better"});
  REQUIRE(engine.receive() == ProbeReply{.serial = 3, .verdict = succeeded, .said = "better"});
  REQUIRE(engine.end());
}

TEST_CASE("a probe is ended when its time is over", "[observer]") {
  Engine engine;
  engine.ask({.serial = 1, .target = "says nothing", .timeout = 50ms});
  REQUIRE(engine.receive() ==
          ProbeReply{.serial = 1, .verdict = failed, .said = "no answer within 0.05 s, waits for a miracle"});
  engine.ask({.serial = 2, .target = "says nothing", .timeout = -1ms});
  REQUIRE(engine.receive().serial == 2);
}

TEST_CASE("what a probe throws is unknown and ends nothing", "[observer]") {
  Engine engine;
  for (const char* const target : {"throws at once", "throws later", "throws an odd thing"}) {
    engine.ask({.serial = 1, .target = target});
    const ProbeReply reply = engine.receive();
    REQUIRE(reply.verdict == unknown);
    REQUIRE(reply.said.starts_with("the observer failed: "));
  }
  engine.ask({.serial = 2, .protocol = wire::ProbeProtocol::uwsgi, .target = "answers"});
  REQUIRE(engine.receive() == ProbeReply{.serial = 2, .verdict = unknown, .said = "no probe of uwsgi"});
  engine.ask({.serial = 3, .target = "answers"});
  REQUIRE(engine.receive().verdict == succeeded);
}

TEST_CASE("more probes than may be under way are refused at once", "[observer]") {
  Engine engine;
  for (std::uint64_t serial = 1; serial <= most_looks + 1; ++serial)
    engine.ask({.serial = serial, .target = "says nothing"});
  REQUIRE(engine.receive() ==
          ProbeReply{.serial = most_looks + 1, .verdict = unknown, .said = "too many probes at once"});
  REQUIRE(engine.end());
}

TEST_CASE("secrets are not in the words", "[observer]") {
  Engine engine;
  engine.ask({.serial = 1, .target = "answers", .body = "his pass-word is pass-word", .secret = "pass-word"});
  REQUIRE(engine.receive().said == "his *** is ***");
  engine.ask({.serial = 2, .target = "answers", .body = "role \"rdm\"", .user = "rdm", .secret = "rdm"});
  REQUIRE(engine.receive().said == "role \"rdm\"");
}

TEST_CASE("a packet that is no question ends the observer with a word", "[observer]") {
  Engine garbage;
  garbage.send("{}");
  REQUIRE(garbage.wait().error().what == "no question: headers are missing, or no object");
  Engine twice;
  twice.ask({.serial = 1, .target = "says nothing"});
  twice.ask({.serial = 1, .target = "says nothing"});
  REQUIRE(twice.wait().error().what == "a serial that is in use");
  Engine long_one;
  long_one.send(std::string(wire::longest_probe_question + 1, ' '));
  REQUIRE(long_one.wait().error().what == "a question that is too long");
}

TEST_CASE("an engine that does not read is not waited for", "[observer]") {
  Engine engine;
  for (std::uint64_t serial = 1; serial <= 5000; ++serial)
    engine.ask({.serial = serial, .target = "answers", .body = std::string(wire::longest_probe_words, 'x')});
  REQUIRE(engine.end());
}

} // namespace
} // namespace holdfast::observer
